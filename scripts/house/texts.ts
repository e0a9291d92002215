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
const markupTextsOf = (source: string): readonly string[] =>
  [...source.matchAll(MARKUP)]
    .map(([, quoted, between]) => (quoted ?? between ?? '').replaceAll(/\s+/g, ' ').trim())
    .filter((text) => /[a-z]{2}/i.test(text) && text.includes(' '))

/** Sources whose texts are code: Lua, and SQL that is not in a tagged template. */
const CODE = /^(?:shared\/cache\/redis-scripts|scripts\/lab\/(?:hostile\/bystander|storage\/variants))\.ts$/
const SOURCE = /^(?:functions|shared|scripts)\/.*\.tsx?$/

/** Returns the texts in a source file that a person can meet. Tests and files other than sources have none. */
export function readableTexts(file: string, source: string): readonly string[] {
  if (!SOURCE.test(file) || file.endsWith('.test.ts') || CODE.test(file)) return []
  return [...textsOf(source), ...(file.endsWith('.tsx') ? markupTextsOf(source) : [])]
}
