// Numbers as cells hold them.

/** What files write where there is no value. */
const MISSING = new Set(['', 'null', 'nan', 'na', 'n/a', 'none'])

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** Whether a cell says that there is no value. */
export const isMissing = (cell: string): boolean => cell === '' || MISSING.has(cell.trim().toLowerCase())

/** The character before the decimals of a number. */
export type Decimal = '.' | ','

/** The number in a cell; undefined when it holds something else. One beyond a double is infinite. */
export function readNumber(cell: string, decimal: Decimal = '.'): number | undefined {
  const text = cell.trim()
  if (decimal === ',' && !text.includes('.')) {
    const pointed = text.replace(',', '.')
    return NUMBER.test(pointed) ? Number(pointed) : undefined
  }
  return decimal === '.' && NUMBER.test(text) ? Number(text) : undefined
}

/** Whether a cell holds a number with a decimal comma. */
export const hasDecimalComma = (cell: string): boolean => /^[+-]?\d*,\d+$/.test(cell.trim())
