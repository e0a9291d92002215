import { describe, expect, it } from 'vitest'
import { isMissing, readNumber } from './numbers.ts'

describe('a cell', () => {
  it.each([
    ['0', 0],
    ['-2.8601', -2.8601],
    ['+7', 7],
    ['.5', 0.5],
    ['5.', 5],
    ['1e-3', 0.001],
    ['1E+3', 1000],
    [' 42 ', 42],
    ['1e999', Number.POSITIVE_INFINITY],
  ])('%j is the number %d', (cell, number) => expect(readNumber(cell)).toBe(number))

  it.each(['', 'x', '1,5', '1 000', '0x10', '0b1', 'Infinity', 'NaN', '1e', '.', '--1', '1_000', '٣'])(
    '%j is no number',
    (cell) => expect(readNumber(cell)).toBeUndefined(),
  )

  it.each(['', ' ', 'NULL', 'null', 'NaN', 'n/a', 'NA', 'None'])('%j says that there is no value', (cell) =>
    expect(isMissing(cell)).toBe(true),
  )

  it.each(['0', '-', 'missing', 'ERR'])('%j is not taken for no value', (cell) => expect(isMissing(cell)).toBe(false))
})
