// Tries a fault: a fleet under load, the fault, recovery, and the comparison of the tables with the ledger.
import { setTimeout as sleep } from 'node:timers/promises'
import { addMonths, DAY, HOUR, type Micros, monthOf, monthStart } from '@penstock/shared/base/time.ts'
import { seededRandom } from '../random.ts'
import { startBeside } from './beside.ts'
import { startCalendar } from './calendar.ts'
import type { Fault, Inflicted } from './fault.ts'
import { type Comparison, compare } from './load/compare.ts'
import { type Load, startLoad } from './load/load.ts'
import type { Tenant } from './load/producer.ts'
import { readStored } from './load/stored.ts'
import { Skipped } from './stand/skipped.ts'
import type { Stand } from './stand/stand.ts'
import { recoveryMs, type Tally } from './tally.ts'

/** One line of the table. */
export interface Verdict {
  readonly name: string
  readonly tries: string
  readonly times: number
  readonly sent: number
  readonly acknowledged: number
  readonly busy: number
  /**
   * Requests without an answer, because their instance was killed or accepted no connections, and requests that were answered as still in
   * progress.
   */
  readonly others: number
  readonly missing: number
  readonly twice: number
  readonly overwritten: number
  /** Null when there is nothing to recover from. */
  readonly recoveryMs: number | null
  readonly note: string
  /** The reason why the fault was not tried; null when it was. */
  readonly skipped: string | null
  /** Promises that were broken, as sentences. Empty when all held. */
  readonly broken: readonly string[]
}

export interface TrialOptions {
  /** Returns the stand that the fault needs. @throws {Skipped} when this machine has none. */
  readonly standing: () => Promise<Stand>
  readonly seed: number
  readonly short: boolean
  /** Number of the trial in its run, from 0: each trial has its own tenants and months. */
  readonly number: number
  readonly say: (progress: string) => void
}

const MONTHS = 10
const TRIALS_WITH_MONTHS = 18
const WARM_UP = { requests: 40, withinMs: 20_000 }
/** Time after a fault by which everything must have recovered: first successes, and the end of the last refusals. */
const RECOVERY_LIMIT_MS = 10_000
const QUIET_MS = 300
const MOST_LISTED = 3

/** Tries a fault. Never throws: a failure is in the verdict, and the stand must not be used again then. */
export async function tryFault(options: TrialOptions, fault: Fault): Promise<Verdict> {
  try {
    return await trial(options, fault)
  } catch (error) {
    if (error instanceof Skipped) return { ...nothingSeen(fault), skipped: error.message }
    return { ...nothingSeen(fault), broken: [`the trial could not continue: ${(error as Error).message}`] }
  }
}

async function trial({ standing, seed, short, number, say }: TrialOptions, fault: Fault): Promise<Verdict> {
  const stand = await standing()
  const { world, proxy, disk, shiftClock } = stand
  const fleet = await stand.fleetFor(fault)
  const complainedBefore = fleet.complaints.length
  const tenants = await world.makeTenants(['a', 'b', 'c'].map((letter) => `f${number}-${letter}`))
  const calendar = startCalendar(
    { fleet, operatorKey: world.operatorKey },
    { first: firstMonth(number), count: MONTHS, everyMs: short ? 500 : 2_000, runs: fault.monthsPass },
  )
  await calendar.settle()
  const subscription = `projects/faults/subscriptions/f${number}`
  const load = startLoad(
    { fleet, seed, tenants, subscription, base: recentInstant(), months: calendar.months },
    fault.load,
  )
  const beside = fault.beside ? startBeside({ world, fleet, seed, tenant: tenants[0] as Tenant }) : undefined
  await load.acknowledged(WARM_UP.requests, WARM_UP.withinMs)
  const random = seededRandom(`${seed} ${fault.name}`)
  const inflicted = await fault.inflict({ world, fleet, proxy, disk, load, tenants, random, short, shiftClock, say })
  const refusals = await untilQuiet(load)
  await load.stop()
  await calendar.stop()
  await calendar.settle()
  const others = await beside?.finish()
  if (fault.spendsFleet) await stand.endFleet()

  const names = tenants.map((tenant) => tenant.name)
  const stored = await readStored(world.server, names)
  const comparison = compare(load.ledger, stored)
  const broken = [
    ...sentences(comparison),
    ...stored.disorder,
    ...(others?.broken ?? []),
    ...refusals,
    ...load.tally.complaints,
    ...calendar.complaints,
    ...fleet.complaints.slice(complainedBefore),
    ...(inflicted.complaints ?? []),
  ]
  const note = [inflicted.note, others?.note].filter(Boolean).join('; ')
  return toVerdict(fault, { tally: load.tally, inflicted: { ...inflicted, note }, comparison, broken })
}

/** Each trial has its own months while there are enough: none before 2026 is live yet. */
const firstMonth = (number: number): string => addMonths('2010-01-01', MONTHS * (number % TRIALS_WITH_MONTHS))

/** Returns a full hour of the current month, some days ago if the month is old enough. */
function recentInstant(): Micros {
  const hour = Date.now() * 1000 - 5 * DAY
  return Math.max(monthStart(monthOf(Date.now() * 1000)), hour - (hour % HOUR))
}

/** Waits until no request has failed for a moment; complains when that takes too long. */
async function untilQuiet({ tally }: Load): Promise<string[]> {
  const from = performance.now()
  await sleep(2 * QUIET_MS)
  while (performance.now() - from < RECOVERY_LIMIT_MS) {
    if (performance.now() - (tally.failures.at(-1) ?? Number.NEGATIVE_INFINITY) > QUIET_MS) return []
    await sleep(20)
  }
  return [`requests were still refused ${RECOVERY_LIMIT_MS / 1000} s after the fault`]
}

function sentences(comparison: Comparison): string[] {
  return Object.entries(comparison).flatMap(([what, found]: [string, readonly string[]]) =>
    found.length === 0 ? [] : [`${found.length} ${what}: ${found.slice(0, MOST_LISTED).join('; ')}`],
  )
}

interface Seen {
  readonly tally: Tally
  readonly inflicted: Inflicted
  readonly comparison: Comparison
  readonly broken: readonly string[]
}

function toVerdict({ name, tries, mostBusy = 1 }: Fault, { tally, inflicted, comparison, broken }: Seen): Verdict {
  const { acknowledged, busy, running, cut, unsent, wrong } = tally.counts
  const recovery = inflicted.lifts.length === 0 ? null : recoveryMs(tally, inflicted.lifts)
  const slow = `the first success came ${Math.round(recovery ?? 0)} ms after the fault`
  const shown = `${busy} of ${acknowledged + busy} requests were answered 503 where a second try succeeds`
  return {
    name,
    tries,
    times: inflicted.times,
    sent: acknowledged + busy + running + cut + wrong,
    acknowledged,
    busy,
    others: running + cut + unsent,
    missing: comparison.missing.length,
    twice: comparison.twice.length,
    overwritten: comparison.overwritten.length + comparison.foreign.length,
    recoveryMs: recovery,
    note: inflicted.note ?? '',
    skipped: null,
    broken: [
      ...broken,
      ...(recovery !== null && recovery > RECOVERY_LIMIT_MS ? [slow] : []),
      ...(busy > mostBusy * (acknowledged + busy) ? [shown] : []),
    ],
  }
}

const nothingSeen = ({ name, tries }: Fault): Verdict => ({
  name,
  tries,
  times: 0,
  sent: 0,
  acknowledged: 0,
  busy: 0,
  others: 0,
  missing: 0,
  twice: 0,
  overwritten: 0,
  recoveryMs: null,
  note: '',
  skipped: null,
  broken: [],
})
