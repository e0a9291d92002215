import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '../../../functions/backfill/contract.ts'
import { inLine, print, printWhole, say, screen } from '../../cli/output.ts'
import { readLocalSuite } from '../../cli/state.ts'
import { textTable } from '../../cli/text-table.ts'
import { UsageError } from '../../cli/usage-error.ts'
import * as importErrors from '../import/import-error.ts'
import { type BackfillApi, openApi } from './api.ts'
import { rangesByProgram } from './command.ts'
import { findOrStart, readFilesToImport } from './import-files.ts'
import { createWorkMeter } from './meter.ts'
import { type Command, type Place, readCommand, USAGE } from './options.ts'
import { type DoRange, type WorkOptions, type WorkOutcome, work } from './work.ts'

const codes: Readonly<Record<WorkOutcome, number>> = { completed: 0, failed: 1, 'given up': 1, interrupted: 130 }
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)

export async function backfillCommand(args: string[]): Promise<void> {
  try {
    process.exitCode = await main(args)
  } catch (error) {
    const misused = error instanceof UsageError || error instanceof importErrors.UsageError
    say(`backfill: ${(error as Error).message}`)
    if (misused) say(USAGE)
    process.exitCode = misused ? 2 : 1
  }
}

/** The first signal returns the leases; a second one does not wait for that. */
function onSignal(): void {
  if (interrupted.signal.aborted) process.exit(130)
  interrupted.abort()
}

async function main(args: readonly string[]): Promise<number> {
  const [kind, ...rest] = args
  if (kind === undefined || kind === '--help' || kind === 'help') {
    print(USAGE)
    return kind === undefined ? 2 : 0
  }
  return kind === 'import' ? await importFiles(rest) : await run(readCommand(args))
}

async function run(command: Command): Promise<number> {
  const api = apiOf(command)
  if (command.kind === 'work') {
    const { job: jobId, workers, size, leaseSeconds, attempts } = command
    const doRange = rangesByProgram(jobId, process.env, () => ({ shell: command.command }))
    return await workOn(api, doRange, { jobId, workers, size, leaseSeconds, attempts, name: ourName() })
  }
  if (command.kind === 'start') {
    const { type: job_type, from: start_block, to: end_block, by: created_by } = command
    print((await api.start({ job_type, start_block, end_block, created_by }, randomUUID())).id)
  } else if (command.kind === 'list') {
    const { status, type, limit } = command
    const query = { limit, ...(status && { status }), ...(type !== undefined && { job_type: type }) }
    print(listed(await api.list(query)))
  } else print(described(await api.job(command.job)))
  return 0
}

async function importFiles(args: readonly string[]): Promise<number> {
  const toImport = readFilesToImport(args, process.env)
  const api = apiOf(toImport)
  const { job, isNew } = await findOrStart(api, toImport, ourName(), randomUUID)
  if (job.status === 'completed') {
    say(`these files were imported by job ${job.id}; --again imports them again`)
    return 0
  }
  say(`${isNew ? 'job' : 'going on with job'} ${job.id}: ${toImport.files.length} files`)
  const doRange = rangesByProgram(job.id, process.env, (lease) => toImport.programOf(lease, printWhole))
  const options = { jobId: job.id, workers: toImport.workers, size: 1, leaseSeconds: 60, attempts: 3 }
  return await workOn(api, doRange, { ...options, name: ourName() })
}

async function workOn(api: BackfillApi, doRange: DoRange, options: WorkOptions): Promise<number> {
  const meter = createWorkMeter({ now: Date.now, ...screen })
  const pause = async (ms: number, signal: AbortSignal): Promise<void> =>
    await sleep(ms, undefined, { signal }).catch(() => {})
  const outcome = await work({ api, doRange, meter, now: Date.now, pause }, options, interrupted.signal)
  if (outcome === 'completed') say('the job is completed')
  else if (outcome === 'failed') say('the job was set failed')
  else if (outcome === 'given up')
    say('ranges are left that failed again and again: mend them, and run the same command again')
  else say('interrupted; the same command goes on')
  return codes[outcome]
}

function apiOf(place: Place): BackfillApi {
  const suite = readLocalSuite()
  const url = place.url ?? process.env['PENSTOCK_URL'] ?? suite?.base_url
  const key = place.key ?? process.env['PENSTOCK_KEY'] ?? suite?.api_key
  if (url === undefined || key === undefined)
    throw new Error(url === undefined ? 'no suite: start it (npm start), or say --url' : 'which key? --key KEY')
  return openApi({ fetch, pause: async (ms) => await sleep(ms), newKey: randomUUID }, { url, key })
}

function ourName(): string {
  return `${userInfo().username}@${hostname()} ${process.pid}`.slice(-90)
}

function listed(jobs: readonly Job[]): string {
  const rows = jobs.map((job) => [
    job.id,
    job.job_type,
    job.status,
    `${job.progress_percentage.toFixed(1)} %`,
    job.started_at.slice(0, 19),
    job.estimated_completion?.slice(0, 19) ?? null,
    job.error_message,
  ])
  return textTable(['job', 'type', 'status', 'done', 'started (UTC)', 'expected (UTC)', 'error'], rows)
}

function described(job: Job): string {
  const lines = Object.entries(job).map(([name, value]) => `${name.padEnd(21)}${value === null ? '' : inLine(value)}`)
  return lines.map((line) => line.trimEnd()).join('\n')
}
