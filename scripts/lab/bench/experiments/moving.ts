// Measures the move of rows to log and chunks by the command that does it: its CPU, and what it leaves to writers.
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { addMonths, monthOf } from '@penstock/shared/base/time.ts'
import { rootFolder } from '../../../cli/state.ts'
import { median } from '../../figures.ts'
import type { Bench, Experiment } from '../experiment.ts'
import type { Load } from '../load.ts'
import { ratesOf, type Slice } from '../measure.ts'
import { figureRow, type Row, rounded } from '../row.ts'
import type { Stage } from '../stage.ts'
import { clearPoints } from '../stored-points.ts'
import { cpuUsOf, serverCpu } from '../suite-cpu.ts'
import { fill, makeMonth, POINTS } from './archiving.ts'

const CPU = 'move.cpu'
const INGEST = 'move.ingest'
const KILLS = 10
const TIMEOUT_MS = 60_000
/** More than the instants that a load's requests have. */
const TURN_MS = 600_000

/**
 * CPU of a point that is moved, while nothing else happens. Then the rate of writes during a move that is killed ten times; its limit is their rate
 * afterwards.
 */
export const moving: Experiment = {
  names: [CPU, INGEST],
  what: '5 M rows of a month to log and chunks: CPU of a point; points that are written in the meantime, while the move is killed ten times',
  isHeavy: true,
  async run(bench) {
    const { stage } = bench
    await using parts = new AsyncDisposableStack()
    parts.defer(async () => await backToRows(stage))
    const month = addMonths(monthOf(Date.now() * 1000), -3)
    await fillRows(stage, month)
    const quiet = await moveAll(stage, 0)
    const missing = POINTS - (await pointsInChunks(stage))
    await backToRows(stage)
    await fillRows(stage, month)
    return [
      { ...figureRow(CPU, 'µs/point', rounded(quiet.cpuUs / POINTS, 2)), errors: missing },
      await whileWriting(bench),
    ]
  },
}

/** Fills a month with rows, in a database whose points are rows. */
export async function fillRows(stage: Stage, month: string): Promise<void> {
  await backToRows(stage)
  await makeMonth(stage, month)
  await fill(stage, month)
}

async function whileWriting({ stage, load, turns }: Bench): Promise<Row> {
  const ingest = await stage.start('metrics-ingest')
  let beginMs = Date.now() - 3 * TURN_MS
  const open = async (): Promise<Load> => {
    const recipe = { kind: 'batch', points: 1_000 } as const
    const authorization = stage.authorizationFor('metrics-ingest')
    beginMs += TURN_MS
    return await load.open({ port: ingest.port, concurrency: 8, recipe, authorization, beginMs, timeoutMs: TIMEOUT_MS })
  }
  const during = await open()
  await during.run(turns.warmUpMs)
  let isMoving = true
  const moved = moveAll(stage, KILLS).finally(() => {
    isMoving = false
  })
  const slices: Slice[] = []
  while (isMoving) slices.push(await during.run(turns.sliceMs))
  await moved
  const after = await open()
  await after.run(turns.warmUpMs)
  const quiet: Slice[] = []
  for (let i = 0; i < turns.rounds; i++) quiet.push(await after.run(turns.sliceMs))
  await ingest.stop()
  const [rate, limit] = [median(ratesOf(slices)) ?? 0, median(ratesOf(quiet)) ?? 1]
  const written = during.acknowledged() + after.acknowledged()
  const lost = POINTS + written - (await pointsInChunks(stage)) - (await pointsInLog(stage))
  return {
    ...figureRow(INGEST, 'points/s', rounded(rate, 2)),
    limit: rounded(limit, 2),
    ratio: rounded(rate / limit, 3),
    errors: lost + [...slices, ...quiet].reduce((sum, { errors }) => sum + errors, 0),
  }
}

/**
 * Runs `penstock move` until it ends well; its first `kills` calls are killed at a random moment. Returns the CPU of all its processes and of the
 * server.
 */
export async function moveAll({ admin, adminUrl }: Stage, kills: number): Promise<{ readonly cpuUs: number }> {
  const server = await serverCpu(admin)
  const before = server()
  let ownUs = 0
  for (let call = 0; ; call++) {
    const child = spawn(process.execPath, [join(rootFolder, 'scripts/penstock.ts'), 'move'], {
      env: { ...process.env, DATABASE_URL: adminUrl },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const said: string[] = []
    child.stderr.on('data', (piece: Buffer) => said.push(piece.toString()))
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
    const deadline = call < kills ? Date.now() + 1_500 + randomInt(2_500) : Number.POSITIVE_INFINITY
    let usedUs = 0
    let code: number | null | undefined
    void ended.then((found) => {
      code = found
    })
    while (code === undefined) {
      usedUs = Math.max(usedUs, cpuUsOf(child.pid ?? 0))
      if (Date.now() > deadline) child.kill('SIGKILL')
      await sleep(20)
    }
    ownUs += usedUs
    if (code === 0) return { cpuUs: server() - before + ownUs }
    if (code !== null) throw new Error(`penstock move ended with ${code}: ${said.join('')}`)
  }
}

async function pointsInChunks({ admin }: Stage): Promise<number> {
  const { rows } = await admin.query<{ n: number }>('select coalesce(sum(n), 0)::float8 as n from metric_chunk')
  return rows[0]?.n ?? 0
}

async function pointsInLog({ admin }: Stage): Promise<number> {
  const { rows } = await admin.query<{ n: number }>('select coalesce(sum(n), 0)::float8 as n from metric_log')
  return rows[0]?.n ?? 0
}

/** Empties both stores, and points are rows again. */
export async function backToRows(stage: Stage): Promise<void> {
  const { admin } = stage
  await admin.query('update store_state set log_and_chunks = false')
  await admin.query('drop trigger if exists rows_are_over on metric_point')
  await admin.query(
    'truncate metric_log, metric_chunk, metric_hour, metric_series_span, compaction_mark, row_month, archive_next, archiving, metric_expiry',
  )
  await admin.query('delete from archive')
  await clearPoints(stage)
  await stage.makeMonths()
}
