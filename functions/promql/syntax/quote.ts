// Quotes texts for messages and for formatted expressions as Prometheus does, which follows Go's `%q`.

const SHORT: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

/** Returns the text in double quotes; what cannot be printed is escaped. */
export function quote(text: string): string {
  let quoted = '"'
  for (const character of text) quoted += character === '"' ? '\\"' : escaped(character)
  return `${quoted}"`
}

/** Returns one character in single quotes; an empty text is the end of the input, which is written like its code -1 is in Go. */
export function quoteCharacter(character: string): string {
  if (character === '') return "'\uFFFD'"
  return character === "'" ? "'\\''" : `'${escaped(character)}'`
}

/** Returns the code point and, where it can be printed, the character: `U+0071 'q'`. */
export function nameCharacter(character: string): string {
  if (character === '') return 'U+FFFFFFFFFFFFFFFF'
  const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')
  return isPrintable(character) ? `U+${code} '${character}'` : `U+${code}`
}

function escaped(character: string): string {
  const short = SHORT[character]
  if (short !== undefined) return short
  if (isPrintable(character)) return character
  const code = character.codePointAt(0) as number
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x1_00_00 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}

const isPrintable = (character: string): boolean =>
  character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)
