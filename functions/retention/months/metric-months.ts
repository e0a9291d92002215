// Months of points from the database to storage, and out of both
//
// live → sealed → written → verified → cold → detached → dropped → expired. Each step is safe to repeat, and the
// next run resumes an interrupted one from the state in the database alone.
import { logger } from '@penstock/shared/base/logger.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { Database, MonthState } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { selectObjects } from '../objects/archive-queries.ts'
import { removeObsolete } from '../objects/obsolete.ts'
import { errorOf, isOver, type PolicyCall, type PolicyResult } from '../policy.ts'
import { expire } from './expire.ts'
import { type LatePointsDeps, reopenForLatePoints } from './late-points.ts'
import { cool, detach, drop } from './leave.ts'
import { failureOf, MOVED, type MonthDeps, type Progress, type Step, tableOf, waits } from './month-deps.ts'
import { countPoints } from './month-point-queries.ts'
import { MOVES, type MonthFound, selectMonth, selectMonths } from './month-state-queries.ts'
import { hasDeferred, seal, unseal } from './seal.ts'
import { verifyMonth } from './verify-month.ts'
import { writeMonth } from './write-month.ts'

/** The step that takes a month out of a state, by that state. The last one is `expire`, which has an age of its own. */
const STEPS: Readonly<Record<Exclude<MonthState, 'dropped' | 'expired'>, Step>> = {
  live: seal,
  sealed: writeMonth,
  written: verifyMonth,
  verified: cool,
  cold: detach,
  detached: drop,
}

/** States of a month in which points may have been deferred for it; those are stored first. */
const UNSEALED_BY_POINTS: ReadonlySet<MonthState> = new Set(['sealed', 'written', 'verified'])

/** The dependencies of the policies of metrics; the rest of `MonthDeps` comes from the call. */
export type MetricMonthsDeps = Omit<MonthDeps & LatePointsDeps, 'renew' | 'deadline'>

/**
 * Reopens archived months that have late points, then advances every month that ended by the cutoff: seal → write → verify. Returns the
 * number of points of the months that became verified. A failure of one month does not stop the others. It ends by the deadline, and is
 * safe to repeat and to interrupt anywhere.
 */
export async function archiveMetrics(deps: MetricMonthsDeps, call: PolicyCall): Promise<PolicyResult> {
  const { deadline, renew } = call
  const late = call.dryRun ? { more: false, errors: [] } : await reopenForLatePoints({ ...deps, deadline, renew })
  const { points, ...done } = await overMonths(deps, call, ['live', 'sealed', 'written'], stepOrUnseal)
  const errors = [...late.errors, ...(done.error === undefined ? [] : [done.error])]
  const more = done.more || late.more
  return { archived: points, ...done, more, ...(errors.length === 0 ? {} : { error: errors.join('; ') }) }
}

/** Takes verified months out of the database: cold, detached, dropped. Returns the number of points dropped. Otherwise as `archiveMetrics`. */
export async function dropMetrics(deps: MetricMonthsDeps, call: PolicyCall): Promise<PolicyResult> {
  const { points, ...done } = await overMonths(deps, call, ['verified', 'cold', 'detached'], stepOrUnseal)
  return { deleted: points, ...done }
}

/** Expires dropped months whose objects were written by the cutoff, and removes unused objects. Returns the number of objects. Otherwise as `archiveMetrics`. */
export async function expireMetrics(deps: MetricMonthsDeps, call: PolicyCall): Promise<PolicyResult> {
  const step: Step = async (all, found) => await expire(all, found, call.cutoff, call.dryRun)
  const { points: _, ...done } = await overMonths(deps, call, ['dropped'], step)
  const deleted = done.uris.length
  if (call.dryRun || done.more) return { deleted, ...done }
  const { more, errors } = await removeObsolete({ ...deps, renew: call.renew, deadline: call.deadline })
  return { ...done, deleted, more, ...errorOf(done.error, ...errors) }
}

async function stepOrUnseal(deps: MonthDeps, found: MonthFound): Promise<Progress> {
  const { state } = found
  if (state === 'dropped' || state === 'expired') throw new Error(`${found.month} is ${state}`)
  const came = UNSEALED_BY_POINTS.has(state) ? await deps.db.readAll((tx) => hasDeferred(tx, found)) : false
  return came ? await unseal(deps, found) : await STEPS[state](deps, found)
}

interface Done {
  readonly points: number
  readonly uris: readonly string[]
  readonly more: boolean
  readonly error?: string
}

async function overMonths(
  base: MetricMonthsDeps,
  { cutoff, dryRun, deadline, renew }: PolicyCall,
  states: readonly MonthState[],
  step: Step,
): Promise<Done> {
  const deps = { ...base, deadline, renew }
  const months = await deps.db.readAll((tx) => selectMonths(tx, formatTimestamp(cutoff)))
  const done = { points: 0, uris: [] as string[], more: false }
  const errors: string[] = []
  for (const found of months.filter(({ state }) => states.includes(state))) {
    try {
      const end = await (dryRun ? dryStep(step)(deps, found) : bringOn(deps, found, states, step))
      if (end.kind === 'waits') logger.info({ month: found.month, why: end.why }, 'retention.month_waits')
      done.more ||= end.kind === 'more'
      if (end.kind !== 'moved') continue
      const { points, uris } = await contentOf(deps, found)
      done.points += points
      done.uris.push(...uris)
    } catch (error) {
      await renew()
      errors.push(failureOf(found.month, error))
    }
  }
  return errors.length === 0 ? done : { ...done, error: errors.join('; ') }
}

/** Every month would advance, except those whose step depends on their age. */
const dryStep = (step: Step): Step => (step === stepOrUnseal ? async () => MOVED : step)

/** Runs steps until the month has left these states, and then returns `moved`. */
async function bringOn(
  deps: MonthDeps,
  found: MonthFound,
  states: readonly MonthState[],
  step: Step,
): Promise<Progress> {
  let at = found
  while (!isOver(deps)) {
    await deps.renew()
    const progress = await step(deps, at)
    if (progress.kind !== 'moved') return progress
    const now = await deps.db.readAll((tx) => selectMonth(tx, found.month))
    if (!now) throw new Error(`${found.month} no longer exists`)
    logger.info({ month: now.month, from: at.state, to: now.state }, 'retention.month_moved')
    if (isBefore(now.state, found.state)) return waits('new points of it arrived')
    if (!states.includes(now.state)) return MOVED
    at = now
  }
  return { kind: 'more' }
}

const WAY = Object.keys(MOVES)
const isBefore = (a: MonthState, b: MonthState): boolean => WAY.indexOf(a) < WAY.indexOf(b)

/** Counts the points and objects of a month: from its current objects, or from the database while it has none. */
async function contentOf({ db, store }: MonthDeps, found: MonthFound): Promise<{ points: number; uris: string[] }> {
  return await db.readAll(async (tx: Transaction<Database>) => {
    // After an expiry the objects still exist; they are removed next.
    const stands = found.state === 'dropped' ? ['verified', 'expired'] : ['verified']
    const standing = (await selectObjects(tx, found.month)).filter(({ state }) => stands.includes(state))
    if (found.state === 'live' && standing.length === 0)
      return { points: await countPoints(tx, tableOf(found)), uris: [] }
    return {
      points: standing.reduce((sum, { rows }) => sum + rows, 0),
      uris: standing.map(({ name }) => store.uriOf(name)),
    }
  })
}
