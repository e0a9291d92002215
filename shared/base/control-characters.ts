// Makes text from elsewhere safe to show: every character that a terminal, a log viewer or an editor could obey is spelled out.

/**
 * Control characters (C0, DEL, C1), invisible and direction-changing format characters, line and paragraph separators, and halves of
 * surrogate pairs. Line feed and tab are excluded, and so are the joiners that Persian, Indic scripts and emoji are written with.
 */
const UNSAFE = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\n\t\u200c\u200d]]/gv

/**
 * Returns the text with each unsafe character as `\uXXXX`, which JSON reads back as the same character: a line of JSON keeps its meaning.
 * Line feeds and tabs stay. Safe to repeat.
 */
export const escapeControls = (text: string): string => text.replace(UNSAFE, spelled)

/** Like `escapeControls`, for text that must stay on one line: line feeds and tabs are spelled out, too. */
export const escapeLine = (text: string): string =>
  escapeControls(text).replace(/[\n\t]/g, (character) => (character === '\n' ? '\\n' : '\\t'))

function spelled(character: string): string {
  return Array.from({ length: character.length }, (_, i) => unit(character.charCodeAt(i))).join('')
}

const unit = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`
