// Reads numbers from cells.

/** Texts that files use for a missing value. */
const MISSING = new Set(['', 'null', 'nan', 'na', 'n/a', 'none'])

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** Returns true when a cell has no value. */
export const isMissing = (cell: string): boolean => cell === '' || MISSING.has(cell.trim().toLowerCase())

/** The decimal separator. */
export type Decimal = '.' | ','

/** Returns the number in a cell; undefined for other content. A number outside the range of a double becomes infinite. */
export function readNumber(cell: string, decimal: Decimal = '.'): number | undefined {
  const text = cell.trim()
  if (decimal === ',' && !text.includes('.')) {
    const pointed = text.replace(',', '.')
    return NUMBER.test(pointed) ? Number(pointed) : undefined
  }
  return decimal === '.' && NUMBER.test(text) ? Number(text) : undefined
}

/** Returns true for a number with a decimal comma. */
export const hasDecimalComma = (cell: string): boolean => /^[+-]?\d*,\d+$/.test(cell.trim())
