// Measures npm run import with five million points, compared with COPY of the same number.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { rootFolder } from '../../../cli/state.ts'
import { countConnections } from '../clients.ts'
import type { Bench, Experiment } from '../experiment.ts'
import { type Slice, type Subject, takeTurns } from '../measure.ts'
import { peakRssMb } from '../peak-memory.ts'
import { type Row, toRow } from '../row.ts'
import type { Stage } from '../stage.ts'
import { clearPoints, storedPoints } from '../stored-points.ts'
import { type CopyLines, copyIntoTwin, FIRST_BARE_SERIES, makeTwin } from './bare-writes.ts'

const NAME = 'import.csv'
/** Rows of a file: a reading of each column per second, for two days. */
const ROWS = 170_000
const COLUMNS = 10
/** Rows of each subject's first turn, which is not counted. */
const FIRST_ROWS = 10_000
const ROUNDS = 3
const CHUNK_ROWS = 1_000
const MEMORY_MS = 50

/** Points per second from start to end of the command; the limit is COPY of the same number into a copy of the table. */
export const importCsv: Experiment = {
  names: [NAME],
  what: 'npm run import of 5 M points: files of 1.7 M, a column of times and 10 of numbers',
  run: async (bench) => [await measure(bench)],
}

async function measure({ stage, turns }: Bench): Promise<Row> {
  await clearPoints(stage)
  const folder = join(stage.folder, 'import')
  mkdirSync(folder, { recursive: true })
  const importer = importing(stage, folder)
  const count = countConnections(stage.admin, null)
  const [slices = [], limit = []] = await takeTurns([importer, copying(stage)], { ...turns, rounds: ROUNDS })
  const connections = await count()
  const expected = (FIRST_ROWS + ROUNDS * ROWS) * COLUMNS
  const lost = Math.abs(expected - (await storedPoints(stage)))
  rmSync(folder, { recursive: true })
  return toRow({ name: NAME, unit: 'points/s', slices, limit, peakRssMb: importer.peakRssMb(), connections, lost })
}

/** Runs the command with another file each turn, because an imported file would be found stored. */
function importing(stage: Stage, folder: string): Subject & { peakRssMb(): number | null } {
  let most: number | null = null
  let next = firstSecond()
  let rows = FIRST_ROWS
  return {
    peakRssMb: () => most,
    async run(): Promise<Slice> {
      const file = join(folder, `${next}.csv`)
      await writeCsv(file, next, rows)
      const begun = performance.now()
      const peak = await runImport(stage, file)
      const seconds = (performance.now() - begun) / 1000
      rmSync(file)
      most = peak === null ? most : Math.max(most ?? 0, peak)
      const slice = { count: rows * COLUMNS, seconds, latenciesMs: [], errors: 0 }
      next += rows
      rows = ROWS
      return slice
    },
  }
}

/** Runs an import and returns its peak memory. @throws {Error} with its last output when it fails. */
async function runImport(stage: Stage, file: string): Promise<number | null> {
  const child = spawn(process.execPath, ['scripts/penstock.ts', 'import', file, '--service', 'import'], {
    cwd: rootFolder,
    env: { PATH: process.env['PATH'], DATABASE_URL: stage.adminUrl },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let peak: number | null = null
  const timer = setInterval(() => {
    peak = peakRssMb(child.pid ?? 0) ?? peak
  }, MEMORY_MS)
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number | null]>])
  clearInterval(timer)
  if (code !== 0) throw new Error(`npm run import ended with ${code}: ${said.trim().slice(-500)}`)
  return peak
}

/** Writes the same points by COPY. */
function copying({ admin, tenantId }: Stage): Subject {
  let next = firstSecond()
  let rows = FIRST_ROWS
  return {
    async run(): Promise<Slice> {
      if (rows === FIRST_ROWS) await makeTwin(admin)
      const slice = await copyIntoTwin(admin, copyLines(tenantId, next, rows))
      next += rows
      rows = ROWS
      return slice
    },
  }
}

/** All points are in the past. */
const firstSecond = (): number => Math.floor(Date.now() / 1000) - FIRST_ROWS - (ROUNDS + 1) * ROWS

async function writeCsv(file: string, first: number, rows: number): Promise<void> {
  const stream = createWriteStream(file)
  stream.write(`time,${columns.map((column) => `sensor_${column}`).join(',')}\n`)
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    const seconds = Array.from({ length: Math.min(CHUNK_ROWS, rows - from) }, (_, i) => first + from + i)
    const lines = seconds.map(
      (second) => `${iso(second)},${columns.map((column) => valueAt(column, second)).join(',')}\n`,
    )
    if (!stream.write(lines.join(''))) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'finish')
}

function* copyLines(tenantId: number, first: number, rows: number): Iterable<CopyLines> {
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    const seconds = Array.from({ length: Math.min(CHUNK_ROWS, rows - from) }, (_, i) => first + from + i)
    let lines = ''
    for (const column of columns) {
      const before = `${tenantId}\t${FIRST_BARE_SERIES + column}\t`
      for (const second of seconds) lines += `${before}${iso(second)}\t${valueAt(column, second)}\n`
    }
    yield { text: lines, points: seconds.length * COLUMNS }
  }
}

const columns = Array.from({ length: COLUMNS }, (_, column) => column)

const iso = (second: number): string => new Date(second * 1000).toISOString()

const valueAt = (column: number, second: number): number => ((column * 7_919 + second * 104_729) % 100_003) / 1_000
