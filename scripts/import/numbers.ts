// Numbers as cells hold them.

/** What files write where there is no value. */
const MISSING = new Set(['', 'null', 'nan', 'na', 'n/a', 'none'])

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** Whether a cell says that there is no value. */
export const isMissing = (cell: string): boolean => cell === '' || MISSING.has(cell.trim().toLowerCase())

/** The number in a cell; undefined when it holds something else. One beyond a double is infinite. */
export function readNumber(cell: string): number | undefined {
  const text = cell.trim()
  return NUMBER.test(text) ? Number(text) : undefined
}
