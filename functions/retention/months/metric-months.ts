// Months of points from the database to storage, and out of both
//
// live → sealed → written → verified → cold → detached → dropped → expired. Each step is safe to repeat, and what was interrupted is
// gone on with by the next run, from the state in the database alone.
import { logger } from '@penstock/shared/base/logger.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { Database, MonthState } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { selectObjects } from '../objects/archive-queries.ts'
import { removeObsolete } from '../objects/obsolete.ts'
import { isOver, type PolicyCall, type PolicyResult } from '../policy.ts'
import { expire } from './expire.ts'
import { type LatePointsDeps, reopenForLatePoints } from './late-points.ts'
import { cool, detach, drop } from './leave.ts'
import { failureOf, MOVED, type MonthDeps, type Progress, type Step, tableOf, waits } from './month-deps.ts'
import { countPoints } from './month-point-queries.ts'
import { MOVES, type MonthFound, selectMonth, selectMonths } from './month-state-queries.ts'
import { hasDeferred, seal, unseal } from './seal.ts'
import { verifyMonth } from './verify-month.ts'
import { writeMonth } from './write-month.ts'

/** What brings a month out of a state, by that state. The last one is `expire`, which asks for another age. */
const STEPS: Readonly<Record<Exclude<MonthState, 'dropped' | 'expired'>, Step>> = {
  live: seal,
  sealed: writeMonth,
  written: verifyMonth,
  verified: cool,
  cold: detach,
  detached: drop,
}

/** What may have been deferred for a month in such a state is stored first. */
const UNSEALED_BY_POINTS: ReadonlySet<MonthState> = new Set(['sealed', 'written', 'verified'])

/** What the policies of metrics need; the rest of `MonthDeps` is the call's. */
export type MetricMonthsDeps = Omit<MonthDeps & LatePointsDeps, 'renew' | 'deadline'>

/**
 * Brings archived months back that late points came for; then seals, writes and verifies every month that ended by the cutoff, and goes on with those on their way. Counts the points of
 * months that became verified. One month's failure stops no other. Bounded by the deadline. Safe to repeat and to interrupt anywhere.
 */
export async function archiveMetrics(deps: MetricMonthsDeps, call: PolicyCall): Promise<PolicyResult> {
  const { deadline, renew } = call
  const late = call.dryRun ? { more: false, errors: [] } : await reopenForLatePoints({ ...deps, deadline, renew })
  const { points, ...done } = await overMonths(deps, call, ['live', 'sealed', 'written'], stepOrUnseal)
  const errors = [...late.errors, ...(done.error === undefined ? [] : [done.error])]
  const more = done.more || late.more
  return { archived: points, ...done, more, ...(errors.length === 0 ? {} : { error: errors.join('; ') }) }
}

/** Takes verified months out of the database: cold, detached, dropped. Counts the points of those dropped. Else as `archiveMetrics`. */
export async function dropMetrics(deps: MetricMonthsDeps, call: PolicyCall): Promise<PolicyResult> {
  const { points, ...done } = await overMonths(deps, call, ['verified', 'cold', 'detached'], stepOrUnseal)
  return { deleted: points, ...done }
}

/** Expires dropped months whose objects were written by the cutoff, and removes what nothing rests on. Counts objects. Else as `archiveMetrics`. */
export async function expireMetrics(deps: MetricMonthsDeps, call: PolicyCall): Promise<PolicyResult> {
  const step: Step = async (all, found) => await expire(all, found, call.cutoff, call.dryRun)
  const { points: _, ...done } = await overMonths(deps, call, ['dropped'], step)
  const deleted = done.uris.length
  if (call.dryRun || done.more) return { deleted, ...done }
  return { deleted, ...done, more: await removeObsolete({ ...deps, renew: call.renew, deadline: call.deadline }) }
}

async function stepOrUnseal(deps: MonthDeps, found: MonthFound): Promise<Progress> {
  const { state } = found
  if (state === 'dropped' || state === 'expired') throw new Error(`${found.month} is ${state}`)
  const came = UNSEALED_BY_POINTS.has(state)
    ? await deps.db.inTransaction(async (tx) => await hasDeferred(tx, found), { readOnly: true })
    : false
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
  const look = { readOnly: true }
  const months = await deps.db.inTransaction(async (tx) => await selectMonths(tx, formatTimestamp(cutoff)), look)
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

/** Every month would go on, but those that are asked for their age. */
const dryStep = (step: Step): Step => (step === stepOrUnseal ? async () => MOVED : step)

/** Steps until the month left these states: then `moved`. */
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
    const now = await deps.db.inTransaction(async (tx) => await selectMonth(tx, found.month), { readOnly: true })
    if (!now) throw new Error(`${found.month} went away`)
    logger.info({ month: now.month, from: at.state, to: now.state }, 'retention.month_moved')
    if (isBefore(now.state, found.state)) return waits('points of it came')
    if (!states.includes(now.state)) return MOVED
    at = now
  }
  return { kind: 'more' }
}

const WAY = Object.keys(MOVES)
const isBefore = (a: MonthState, b: MonthState): boolean => WAY.indexOf(a) < WAY.indexOf(b)

/** Points and objects of a month: by its objects where these stand for it, else by the database. */
async function contentOf({ db, store }: MonthDeps, found: MonthFound): Promise<{ points: number; uris: string[] }> {
  return await db.inTransaction(
    async (tx: Transaction<Database>) => {
      // After an expiry they are still there, to be removed next.
      const stands = found.state === 'dropped' ? ['verified', 'expired'] : ['verified']
      const standing = (await selectObjects(tx, found.month)).filter(({ state }) => stands.includes(state))
      if (found.state === 'live' && standing.length === 0)
        return { points: await countPoints(tx, tableOf(found)), uris: [] }
      return {
        points: standing.reduce((sum, { rows }) => sum + rows, 0),
        uris: standing.map(({ name }) => store.uriOf(name)),
      }
    },
    { readOnly: true },
  )
}
