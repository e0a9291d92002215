// Finds texts in the source of a program.

const TOKENS =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|^import [^\n]*|\bfrom '[^'\n]*'|\bsql(?:<[^`]*?>)?`[^`]*`|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/gm

/**
 * Returns the literals with more than one word, without comments, imports and SQL. A literal inside another one's `${…}` counts as part
 * of that one.
 */
export function textsOf(source: string): readonly string[] {
  return [...source.matchAll(TOKENS)]
    .map(([, quoted, template]) => quoted ?? template ?? '')
    .filter((text) => /[a-z]{2}/i.test(text) && text.trim().includes(' '))
}

const MARKUP = /\s[a-z-]+="([^"{}]+)"|>([^<>{}=;]+)</gi

/** Returns the texts of JSX with more than one word: those between tags, and those of attributes. */
export const markupTextsOf = (source: string): readonly string[] =>
  [...source.matchAll(MARKUP)]
    .map(([, quoted, between]) => (quoted ?? between ?? '').replaceAll(/\s+/g, ' ').trim())
    .filter((text) => /[a-z]{2}/i.test(text) && text.includes(' '))
