import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ArchivedRow, hashOfRows, type RowColumn, readRowParquet, spanOf, writeRowParquet } from './row-parquet.ts'

const columns: readonly RowColumn[] = [
  { name: 'name', type: 'text' },
  { name: 'comment', type: 'text', nullable: true },
  { name: 'blocks', type: 'int', nullable: true },
  { name: 'share', type: 'double' },
  { name: 'at', type: 'timestamp' },
  { name: 'ended', type: 'timestamp', nullable: true },
]
const row: ArchivedRow = {
  name: 'ü\n"',
  comment: null,
  blocks: 2n ** 63n - 1n,
  share: 0.1,
  at: 1_795_193_341_123_456,
  ended: null,
}

const anyRow = fc.record({
  name: fc.string({ unit: 'grapheme' }),
  comment: fc.option(fc.string({ unit: 'grapheme' })),
  blocks: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  share: fc.double({ noNaN: true }),
  at: fc.integer({ min: -6e16 / 10, max: 4e15 }),
  ended: fc.option(fc.integer({ min: 0, max: 4e15 })),
})

test('rows come back as they were written: texts, 64-bit numbers, doubles and microseconds to the last digit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 30 }), async (rows) => {
      expect(await readRowParquet(columns, await writeRowParquet('rows', columns, rows))).toEqual(rows)
    }),
    { numRuns: 60 },
  )
})

test('no rows are no rows', async () => {
  expect(await readRowParquet(columns, await writeRowParquet('rows', columns, []))).toEqual([])
})

test('the bytes are a function of the rows', async () => {
  const bytes = await writeRowParquet('rows', columns, [row, row])
  expect(await writeRowParquet('rows', columns, [row, { ...row }])).toEqual(bytes)
  expect(await writeRowParquet('rows', columns, [row, { ...row, share: 0.2 }])).not.toEqual(bytes)
})

test('the hash tells any change of any cell, and of their order', () => {
  const other = { name: 'x', comment: '', blocks: 0n, share: 0, at: 0, ended: 0 }
  const hashes = Object.entries(other).map(([name, cell]) => hashOfRows(columns, [{ ...row, [name]: cell }]))
  const all = [...hashes, hashOfRows(columns, [row]), hashOfRows(columns, [row, row]), hashOfRows(columns, [])]
  expect(new Set(all).size).toBe(9)
})

test('a file with other columns is refused', async () => {
  const bytes = await writeRowParquet('rows', columns.slice(1), [row])
  await expect(readRowParquet(columns, bytes)).rejects.toThrow('not these columns: comment,')
})

test('the span is that of the column', () => {
  expect(spanOf('at', [row, { ...row, at: 1 }, { ...row, at: 2 }])).toEqual({ minAt: 1, maxAt: row['at'] })
})
