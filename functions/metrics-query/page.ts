// One page of a longer answer: its bytes, and where the next page begins.

export interface Page {
  readonly bytes: Buffer
  /** Undefined on the last page. */
  readonly cursor: string | undefined
}

/** A member of a JSON array, and its bytes in UTF-8. */
export interface Member {
  readonly text: string
  readonly bytes: number
}

export interface PageLimits {
  readonly rows: number
  readonly bytes: number
}

/**
 * Writes rows as a JSON array up to its maximum of bytes. The first row is always written, so that every page makes progress.
 * @returns the text, and the row after which the next page begins: undefined when there were fewer rows than a page may have.
 */
export function writePage<Row>(
  rows: readonly Row[],
  limits: PageLimits,
  write: (row: Row) => Member,
): { readonly text: string; readonly end: Row | undefined } {
  const members: string[] = []
  // The brackets; each member adds its comma.
  let total = 2
  for (const row of rows) {
    const { text, bytes } = write(row)
    total += bytes + 1
    if (total > limits.bytes && members.length > 0) break
    members.push(text)
  }
  const isLast = members.length === rows.length && rows.length < limits.rows
  return { text: `[${members.join(',')}]`, end: isLast ? undefined : rows[members.length - 1] }
}
