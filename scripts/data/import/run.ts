// Runs an import: each file in turn, its chunks in order. One chunk is read while the one before it is stored.
import { createHash } from 'node:crypto'
import type { Tenant } from '@penstock/shared/auth/principal.ts'
import type { Clock } from '@penstock/shared/base/time.ts'
import { instantJudge, type TimeLimits } from '@penstock/shared/points/verdicts.ts'
import { UsageError } from '../../cli/usage-error.ts'
import type { Position } from './chunk.ts'
import { describeComplaints, describeImport } from './description.ts'
import { ImportError } from './import-error.ts'
import type { Meter } from './meter.ts'
import type { ImportOptions } from './options.ts'
import { type Complaints, emptyReport, type Outcome, type Report, type Saved, withChunk } from './report.ts'
import { findSlashOrder, readCsv } from './rows/csv.ts'
import { type CsvPlan, planCsv } from './rows/csv-plan.ts'
import { readNdjson } from './rows/ndjson.ts'
import { openZone, UTC } from './rows/zone.ts'
import { createSeriesNamer } from './series-names.ts'
import type { Identity, Sink } from './sinks/sink.ts'
import { hashSource, openSource, readSource, type Source } from './source.ts'

export interface ImportDeps {
  readonly sink: Sink
  readonly now: Clock
  readonly limits: TimeLimits
  /** Prints a line of the result. */
  readonly print: (line: string) => void
  readonly openMeter: (source: Source) => Meter
}

/**
 * Imports the files, reports the result of each, and says in the last line what a person must check. Safe to repeat and to interrupt
 * anywhere: the next run resumes after the last stored chunk. When all files are stored, their progress is deleted.
 * @throws {ImportError} for a failure that a person can correct; points that were stored before remain.
 */
export async function importFiles(deps: ImportDeps, tenant: Tenant, options: ImportOptions): Promise<Complaints> {
  const identities: Identity[] = []
  const useless: string[] = []
  let [refused, conflicting] = [0, 0]
  for (const path of options.files) {
    const { identity, report } = await importFile(deps, tenant, options, path)
    identities.push(identity)
    refused += report.refused
    conflicting += report.conflicting
    if (report.stored + report.deferred === 0) useless.push(path)
  }
  await deps.sink.forget(identities)
  const complaints = { refused, conflicting, useless }
  for (const line of describeComplaints(complaints)) deps.print(line)
  return complaints
}

async function importFile(
  deps: ImportDeps,
  tenant: Tenant,
  options: ImportOptions,
  path: string,
): Promise<{ readonly identity: Identity; readonly report: Report }> {
  const source = await openSource(path)
  const plan = await planSource(source, tenant, options)
  const identity = await identify(source, plan, options)
  const meter = deps.openMeter(source)
  let saved = await beginning(deps.sink, meter, identity, options)
  const onStored = (next: Saved, bytes: number) => {
    saved = next
    meter.show(bytes, next.report.stored + next.report.deferred)
  }
  try {
    if (!saved.done) await storeAll({ deps, tenant, options, source, plan, identity }, saved, onStored)
    return { identity, report: saved.report }
  } catch (error) {
    throw error instanceof ImportError ? new ImportError(`${path}, ${error.message}`, { cause: error }) : error
  } finally {
    meter.end()
    for (const line of describeImport(path, plan, saved.report, options)) deps.print(line)
  }
}

/** Null for NDJSON, which needs no plan. */
async function planSource(source: Source, tenant: Tenant, { csv }: ImportOptions): Promise<CsvPlan | null> {
  if (source.format === 'ndjson') return null
  if (csv.service === undefined) throw new UsageError('a CSV file needs --service NAME')
  const plan = planCsv(source, csv, createSeriesNamer(tenant, csv))
  if (!plan.time.guessed) return plan
  const order = await findSlashOrder(plan, readSource(source))
  if (order === 'D/M/YYYY')
    throw new ImportError(`${source.path} has its days before its months: --time-format D/M/YYYY`)
  return { ...plan, time: { ...plan.time, guessed: order === undefined } }
}

/** Computes the identity of a file from its content and from everything that affects the result. */
async function identify(source: Source, plan: CsvPlan | null, { csv }: ImportOptions): Promise<Identity> {
  const content = (await hashSource(source)).toString('hex')
  const reading = plan && { ...plan, zone: csv.zone }
  return createHash('sha256').update(JSON.stringify({ content, reading })).digest('hex')
}

async function beginning(sink: Sink, meter: Meter, identity: Identity, options: ImportOptions): Promise<Saved> {
  const saved = await sink.resume(identity)
  if (saved === undefined || options.again)
    return { position: { bytes: 0, lines: 0 }, report: emptyReport, done: false }
  const { lines } = saved.position
  const where = saved.done ? 'all of it was stored' : `resuming after line ${lines.toLocaleString('en-US')}`
  meter.say(`an earlier run was interrupted: ${where} (--again begins at the beginning)`)
  return saved
}

interface Work {
  readonly deps: ImportDeps
  readonly tenant: Tenant
  readonly options: ImportOptions
  readonly source: Source
  readonly plan: CsvPlan | null
  readonly identity: Identity
}

/** `onStored` is called for each stored chunk, with the bytes of the file that had been read for it. */
async function storeAll(work: Work, begun: Saved, onStored: (saved: Saved, bytes: number) => void): Promise<void> {
  let saved = begun
  let storing = Promise.resolve()
  let read = 0
  const onRead = (bytes: number) => {
    read = bytes
  }
  try {
    for await (const chunk of chunksOf(work, begun.position, onRead)) {
      const [prepared, bytes] = [await work.deps.sink.prepare(work.identity, chunk), read]
      await storing
      const { report } = saved
      const next = (outcome: Outcome) => ({
        position: chunk.end,
        report: withChunk(report, chunk, outcome),
        done: chunk.isLast,
      })
      storing = prepared.store(next).then((after) => {
        saved = after
        onStored(after, bytes)
      })
      // The failure is handled where `storing` is awaited next.
      storing.catch(() => {})
    }
  } finally {
    // The chunk in progress is stored, even when the file turns out to be broken.
    await storing
  }
}

function chunksOf({ deps, tenant, options, source, plan }: Work, from: Position, onRead: (bytes: number) => void) {
  const now = deps.now() * 1000
  const blocks = readSource(source, from.bytes, onRead)
  if (plan === null)
    return readNdjson({ tenant, limits: deps.limits, now, layout: source.layout ?? 'lines' }, blocks, from)
  const { csv } = options
  const [zone, nameSeries] = [openZone(csv.zone), createSeriesNamer(tenant, csv)]
  const before = csv.zone === UTC || from.bytes === 0 ? undefined : firstBytes(readSource(source), from.bytes)
  const judgeInstant = instantJudge(deps.limits, now)
  return readCsv({ plan, zone, judgeInstant, source, nameSeries }, blocks, from, before)
}

async function* firstBytes(blocks: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count
  for await (const block of blocks) {
    yield block.subarray(0, left)
    left -= block.length
    if (left <= 0) return
  }
}
