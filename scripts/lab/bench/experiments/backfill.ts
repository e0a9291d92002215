// Experiments with backfill: ranges leased and completed over HTTP, and a job whose workers are killed.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { rootFolder } from '../../../cli/state.ts'
import { type BackfillApi, openApi } from '../../../data/backfill/api.ts'
import type { Bench, Experiment } from '../experiment.ts'
import { keepBusy, type Slice, takeTurns } from '../measure.ts'
import { type Row, toRow } from '../row.ts'

const FUNCTION = 'backfill'
const WORKERS = 8
const RANGES = 10_000
const KILL_EVERY_MS = 1_000
const LEASE_SECONDS = 5
/** More blocks than the turns of an experiment can process. */
const PLENTY = 10n ** 9n

/** Counts ranges: each is claimed and completed, with one request each. */
export const leasing: Experiment = {
  names: ['backfill.ranges.c8'],
  what: 'ranges claimed and completed, by 8 clients of one job',
  async run({ stage, turns }) {
    const instance = await stage.start(FUNCTION)
    const url = `http://127.0.0.1:${instance.port}`
    const api = apiOf(url, stage.authorizationFor(FUNCTION))
    const job = await startJob(api, PLENTY)
    const leaseOne = async (worker: number): Promise<number> => {
      const lease = await api.claim(job, { worker: `w${worker}`, size: 1, lease_seconds: LEASE_SECONDS })
      if (!lease) throw new Error('nothing was handed out')
      await api.complete(job, lease)
      return 1
    }
    const subject = { run: async (ms: number): Promise<Slice> => await keepBusy(ms, WORKERS, leaseOne) }
    const count = instance.countConnections()
    const [slices = []] = await takeTurns([subject], turns)
    const row = { name: 'backfill.ranges.c8', unit: 'ranges/s', slices, peakRssMb: instance.peakRssMb() } as const
    const connections = await count()
    await instance.stop()
    return [toRow({ ...row, connections })]
  },
}

/** Ranges per second from the first worker's start to the job's end; a range that is not done exactly once is an error. */
export const killedWorkers: Experiment = {
  names: ['backfill.killed-workers'],
  what: '10,000 ranges over 8 processes of npm run backfill, one of which is killed every second',
  isHeavy: true,
  run: async (bench) => [await workAmongKills(bench)],
}

async function workAmongKills({ stage, turns: { signal } }: Bench): Promise<Row> {
  const instance = await stage.start(FUNCTION)
  const url = `http://127.0.0.1:${instance.port}`
  const authorization = stage.authorizationFor(FUNCTION)
  const api = apiOf(url, authorization)
  const job = await startJob(api, BigInt(RANGES - 1))
  const launch = (): ChildProcess => launchWorker(job, url, keyOf(authorization))
  const begun = performance.now()
  const workers = Array.from({ length: WORKERS }, launch)
  try {
    for (let at = 0; (await api.job(job)).status === 'running'; at = (at + 1) % WORKERS) {
      signal?.throwIfAborted()
      await sleep(KILL_EVERY_MS)
      workers[at]?.kill('SIGKILL')
      workers[at] = launch()
    }
  } finally {
    for (const worker of workers) worker.kill('SIGKILL')
  }
  const seconds = (performance.now() - begun) / 1000
  const once = await countDoneOnce(stage.admin, job)
  const peakRssMb = instance.peakRssMb()
  await instance.stop()
  const slices = [{ count: once, seconds, latenciesMs: [], errors: RANGES - once }]
  return toRow({ name: 'backfill.killed-workers', unit: 'ranges/s', slices, peakRssMb })
}

function launchWorker(job: string, url: string, key: string): ChildProcess {
  const options = ['--command', 'true', '--size', '1', '--workers', '1', '--lease', String(LEASE_SECONDS)]
  return spawn(process.execPath, ['scripts/penstock.ts', 'backfill', 'work', job, ...options], {
    cwd: rootFolder,
    env: { PATH: process.env['PATH'], PENSTOCK_URL: url, PENSTOCK_KEY: key },
    stdio: 'ignore',
  })
}

/** Counts the blocks of the job that are in exactly one range, and done. */
async function countDoneOnce(admin: Client, job: string): Promise<number> {
  const { rows } = await admin.query<{ blocks: number }>(
    `select count(*)::int as blocks from (
       select block from backfill_lease l, generate_series(l.start_block, l.end_block) block
       where l.job_id = $1 group by block having count(*) = 1 and bool_and(l.state = 'done')) once`,
    [job],
  )
  return rows[0]?.blocks ?? 0
}

const startJob = async (api: BackfillApi, end_block: bigint): Promise<string> =>
  (await api.start({ job_type: 'bench', start_block: 0n, end_block }, randomUUID())).id

const apiOf = (url: string, authorization: string): BackfillApi =>
  openApi({ fetch, pause: async (ms) => await sleep(ms), newKey: randomUUID }, { url, key: keyOf(authorization) })

const keyOf = (authorization: string): string => authorization.slice('Bearer '.length)
