import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from '@commander-js/extra-typings'
import { writeExact } from '@penstock/shared/base/exact-json.ts'
import type { Job } from '../../../functions/backfill/contract.ts'
import { addExamples, wholeNumber } from '../../cli/command.ts'
import { inLine, print, printWhole, say, screen } from '../../cli/output.ts'
import { JSON_OPTION, printRecords } from '../../cli/records.ts'
import { readLocalSuite } from '../../cli/state.ts'
import { stopSignal } from '../../cli/stop.ts'
import { importOptions, optionsAlone, toImportOptions } from '../import/options.ts'
import { type BackfillApi, openApi } from './api.ts'
import { rangesByProgram } from './command.ts'
import { type FilesToImport, filesToImport, findOrStart } from './import-files.ts'
import { createWorkMeter } from './meter.ts'
import { listOptions, type Place, startOptions, statusOptions, workOptions } from './options.ts'
import { type DoRange, type WorkOptions, type WorkOutcome, work } from './work.ts'

const codes: Readonly<Record<WorkOutcome, number>> = { completed: 0, failed: 1, 'given up': 1, interrupted: 130 }

/** Describes `penstock backfill`. Results go to stdout, everything else to stderr. */
export function describeCommand(backfill: Command): void {
  const starting = startOptions(backfill.command('start').description('Starts a job and prints its id.')).action(start)
  addExamples(starting, 'penstock backfill start --type reindex --from 0 --to 999999')
  const listing = listOptions(backfill.command('list').description('Lists jobs, the newest first.'))
    .option(...JSON_OPTION)
    .action(list)
  addExamples(listing, 'penstock backfill list --status running')
  const showing = statusOptions(backfill.command('status').description('Shows a job.'))
    .option(...JSON_OPTION)
    .action(async (id, { json, ...place }) => {
      const job = await apiOf(place).job(id)
      print(json === true ? writeExact(job) : described(job))
    })
  addExamples(showing, 'penstock backfill status 0198f1c2-7d1e-7b8e-9d5a-0c1f5e0a7b11')
  const working = workOptions(backfill.command('work').description('Runs a command for each range of a job.')).action(
    workCommand,
  )
  addExamples(working, "penstock backfill work JOB --command './reindex {start} {end}' --workers 8")
  const importing = importOptions(
    backfill.command('import').description('Imports many files as a job that can be interrupted.'),
  )
    .option('--workers <n>', 'files at a time', wholeNumber(1, 64), 2)
    .action(async (files, { workers, ...values }, command) => {
      const alone = optionsAlone(command, ['workers'])
      process.exitCode = await importFiles(filesToImport(toImportOptions(files, values, process.env), workers, alone))
    })
  addExamples(importing, 'penstock backfill import history/*.csv.gz --service boiler-7 --workers 4')
  addExamples(backfill, 'penstock backfill list', "penstock backfill work JOB --command './reindex {start} {end}'")
}

type OptionsOf<Describe extends (command: Command) => { opts: () => unknown }> = ReturnType<
  ReturnType<Describe>['opts']
>

async function start({
  type: job_type,
  from: start_block,
  to: end_block,
  by: created_by,
  ...place
}: OptionsOf<typeof startOptions>) {
  print((await apiOf(place).start({ job_type, start_block, end_block, created_by }, randomUUID())).id)
}

async function list({
  json,
  status,
  type,
  limit,
  ...place
}: OptionsOf<typeof listOptions> & { readonly json?: true | undefined }) {
  const query = { limit, ...(status && { status }), ...(type !== undefined && { job_type: type }) }
  printRecords(await apiOf(place).list(query), {
    json,
    head: ['job', 'type', 'status', 'done', 'started (UTC)', 'expected (UTC)', 'error'],
    row: (job) => [
      job.id,
      job.job_type,
      job.status,
      `${job.progress_percentage.toFixed(1)} %`,
      job.started_at.slice(0, 19),
      job.estimated_completion?.slice(0, 19) ?? null,
      job.error_message,
    ],
  })
}

async function workCommand(jobId: string, options: OptionsOf<typeof workOptions>): Promise<void> {
  const { command, workers, size, lease: leaseSeconds, attempts, ...place } = options
  const doRange = rangesByProgram(jobId, process.env, () => ({ shell: command }))
  const wanted = { jobId, workers, size, leaseSeconds, attempts, name: ourName() }
  process.exitCode = await workOn(apiOf(place), doRange, wanted)
}

async function importFiles(toImport: FilesToImport): Promise<number> {
  const api = apiOf(toImport)
  const { job, isNew } = await findOrStart(api, toImport, ourName(), randomUUID)
  if (job.status === 'completed') {
    say(`these files were imported by job ${job.id}; --again imports them again`)
    return 0
  }
  say(`${isNew ? 'job' : 'resuming job'} ${job.id}: ${toImport.files.length} files`)
  const doRange = rangesByProgram(job.id, process.env, (lease) => toImport.programOf(lease, printWhole))
  const options = { jobId: job.id, workers: toImport.workers, size: 1, leaseSeconds: 60, attempts: 3 }
  return await workOn(api, doRange, { ...options, name: ourName() })
}

async function workOn(api: BackfillApi, doRange: DoRange, options: WorkOptions): Promise<number> {
  const meter = createWorkMeter({ now: Date.now, ...screen })
  const pause = async (ms: number, signal: AbortSignal): Promise<void> =>
    await sleep(ms, undefined, { signal }).catch(() => {})
  // The first signal returns the leases; a second one does not wait for that.
  const interrupted = stopSignal(() => process.exit(130))
  const outcome = await work({ api, doRange, meter, now: Date.now, pause }, options, interrupted)
  if (outcome === 'completed') say('the job is completed')
  else if (outcome === 'failed') say('the job was set to failed')
  else if (outcome === 'given up')
    say('some ranges failed in every attempt. Correct the cause, and run the same command again')
  else say('interrupted; the same command resumes the job')
  return codes[outcome]
}

function apiOf(place: Place): BackfillApi {
  const suite = readLocalSuite()
  const url = place.url ?? process.env['PENSTOCK_URL'] ?? suite?.base_url
  const key = place.key ?? process.env['PENSTOCK_KEY'] ?? suite?.api_key
  if (url === undefined || key === undefined)
    throw new Error(
      url === undefined
        ? 'no suite is running in this checkout. Start it (npm start), or give --url'
        : 'no key is known. Give --key, or set PENSTOCK_KEY',
    )
  return openApi({ fetch, pause: async (ms) => await sleep(ms), newKey: randomUUID }, { url, key })
}

function ourName(): string {
  return `${userInfo().username}@${hostname()} ${process.pid}`.slice(-90)
}

function described(job: Job): string {
  const lines = Object.entries(job).map(([name, value]) => `${name.padEnd(21)}${value === null ? '' : inLine(value)}`)
  return lines.map((line) => line.trimEnd()).join('\n')
}
