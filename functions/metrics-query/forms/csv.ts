// Writes CSV (RFC 4180).

const LINE_END = '\r\n'

/** Writes a field. Null is an empty field; an empty text is a pair of quotes, which readers that support nulls distinguish from it. */
export function csvField(text: string | null): string {
  if (text === null) return ''
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Writes a line of fields that are written already. */
export const csvLine = (fields: readonly (string | number)[]): string => fields.join(',') + LINE_END
