// The words that comments, messages and pages do not use, because the field has a standard term for what they mean.

/** Each word with the terms to use instead. */
const WORDS: readonly (readonly [word: RegExp, instead: string])[] = [
  [/\bforeign\b(?! key)/i, 'third-party'],
  [/\bkept\b/i, 'cached, retained or stored'],
  [/\b(?:told|tells?)\b/i, 'reported, logged, or distinguishes'],
  [/\baway\b/i, 'archived, unavailable or removed'],
  [/\bbeside\b/i, 'next to, or in addition to'],
  [/\btrouble\b/i, 'a failure, or a transient failure'],
  [/\bstands? for\b/i, 'is the current object of, or means'],
  [/\bof ours\b/i, 'internal, or our own'],
  [/\b(?:go|goes|going|gone|went) on\b/i, 'continue or resume'],
  [/\b(?:whoever|somebody)\b/i, 'a caller, a user, another transaction'],
  [/\banew\b/i, 'again'],
  [/\bmeanwhile\b/i, 'in the meantime'],
  [/\bmend(?:s|ed)?\b/i, 'correct or repair'],
  [/\blets? go\b/i, 'release'],
  [/(?<!\b(?:there|here) )\b(?:is|are) no (?!(?:longer|older|newer|more)\b)/i, 'is not'],
]

/** Returns the terms to use instead of the first such word in a text; undefined when it has none. */
export const betterTerm = (text: string): string | undefined => WORDS.find(([word]) => word.test(text))?.[1]
