import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinPoints, type Points, readPoints } from './points.ts'

const EPOCH_2000 = 946_684_800_000_000n
const rows = fc.array(
  fc.record({
    series: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    at: fc.integer({ min: Date.UTC(1700, 0) * 1000, max: Date.UTC(2255, 0) * 1000 }),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }),
  }),
)
type Row = { readonly series: number; readonly at: number; readonly value: number }

const columns = (all: readonly Row[]): Points => ({
  series: Int32Array.from(all, (row) => row.series),
  at: Float64Array.from(all, (row) => row.at),
  value: Float64Array.from(all, (row) => row.value),
})

/** As PostgreSQL's send functions write them, inside a larger buffer, as the driver gives them. */
function column(all: readonly Row[], bytes: number, write: (into: Buffer, row: Row, at: number) => void): Buffer {
  const buffer = Buffer.alloc(all.length * bytes + 3).subarray(3)
  for (const [i, row] of all.entries()) write(buffer, row, i * bytes)
  return buffer
}

test('columns are read to the last bit, before and after the year 2000', () => {
  fc.assert(
    fc.property(rows, (all) => {
      const sent = {
        series: column(all, 4, (into, row, at) => into.writeInt32BE(row.series, at)),
        at: column(all, 8, (into, row, at) => into.writeBigInt64BE(BigInt(row.at) - EPOCH_2000, at)),
        value: column(all, 8, (into, row, at) => into.writeDoubleBE(row.value, at)),
      }
      expect(readPoints(sent)).toEqual(columns(all))
    }),
  )
})

test('no points are sent as nothing', () => {
  expect(readPoints({ series: null, at: null, value: null })).toEqual(columns([]))
})

test('joined points stand one behind the other', () => {
  fc.assert(
    fc.property(fc.array(rows, { maxLength: 5 }), (parts) => {
      expect(joinPoints(parts.map(columns))).toEqual(columns(parts.flat()))
    }),
  )
})
