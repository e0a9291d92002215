// Measures the cost of a point in the log and chunks (bytes on disk, bytes of WAL, CPU), compared with the same points as rows in one run.

import { DAY, HOUR, type Micros, monthStart, SECOND } from '@penstock/shared/base/time.ts'
import type { Experiment } from '../experiment.ts'
import type { Cost } from '../process-cpu.ts'
import { figureRow, type Row, rounded, type Unit } from '../row.ts'
import { clearPoints } from '../stored-points.ts'
import { type Loaded, loadRows, loadStored, MONTH, makeMonth, makeSource, type Shape } from './stored-load.ts'

const BEGIN: Micros = monthStart(MONTH) + 2 * DAY

const shapes: readonly Shape[] = [
  {
    name: '1000x1',
    what: '1,000 series every 10 s, a point each a write',
    series: 1_000,
    perWrite: 1,
    stepUs: 10 * SECOND,
    writes: 360,
  },
  {
    name: '100x10',
    what: '100 series every second, ten points each a write',
    series: 100,
    perWrite: 10,
    stepUs: SECOND,
    writes: 360,
  },
  {
    name: 'minute',
    what: '256 series every 60 s, a day of them',
    series: 256,
    perWrite: 1,
    stepUs: 60 * SECOND,
    writes: 1_440,
  },
  {
    name: 'hour',
    what: '256 series once an hour with random microseconds and doubles, 25 days',
    series: 256,
    perWrite: 1,
    stepUs: HOUR,
    writes: 600,
    isHostile: true,
  },
  {
    name: 'singles',
    what: '64 single posts a commit, of 10,000 series',
    series: 10_000,
    perWrite: 1,
    stepUs: SECOND,
    writes: 3_000,
    perPost: 64,
  },
]

const FIGURES = ['bytes', 'wal', 'insert-cpu', 'compaction-cpu', 'compaction-node-cpu'] as const

export const storedWriting: Experiment = {
  names: shapes.flatMap((shape) => FIGURES.map((figure) => `stored.${shape.name}.${figure}`)),
  what: 'bytes, WAL and CPU of a point in the log and chunks, compaction included, compared with rows',
  isHeavy: true,
  async run({ stage }, wanted) {
    await makeMonth(stage)
    const rows: Row[] = []
    for (const shape of shapes) {
      if (!FIGURES.some((figure) => wanted.has(`stored.${shape.name}.${figure}`))) continue
      await clearPoints(stage)
      const source = await makeSource(stage, shape, BEGIN)
      const stored = await loadStored(stage, shape, source)
      const asRows = await loadRows(stage, shape, source)
      rows.push(...rowsOf(shape.name, stored, asRows))
      await clearPoints(stage)
    }
    return rows
  },
}

function rowsOf(shape: string, stored: Loaded, asRows: Loaded): readonly Row[] {
  const wal = ({ insert, background, points }: Loaded): number => (insert.walBytes + background.walBytes) / points
  const cpu = (cost: Cost, points: number): number => cost.backendUs / points
  const row = (figure: (typeof FIGURES)[number], unit: Unit, rate: number, limit: number | null): Row => ({
    ...figureRow(`stored.${shape}.${figure}`, unit, rounded(rate, 2)),
    limit: rounded(limit, 2),
    ratio: limit === null ? null : rounded(limit / rate, 2),
  })
  return [
    row('bytes', 'bytes/point', stored.bytesPerPoint, asRows.bytesPerPoint),
    row('wal', 'bytes/point', wal(stored), wal(asRows)),
    row('insert-cpu', 'µs/point', cpu(stored.insert, stored.points), cpu(asRows.insert, asRows.points)),
    row('compaction-cpu', 'µs/point', cpu(stored.background, stored.points), cpu(asRows.background, asRows.points)),
    row('compaction-node-cpu', 'µs/point', stored.background.nodeUs / stored.points, null),
  ]
}
