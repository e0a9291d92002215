// A run of the sender: leases notifications, sends them without holding a connection, and settles each as soon as it was sent.
import { logger } from '@penstock/shared/base/logger.ts'
import type { Clock } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import {
  disableChannel,
  type LeasedNotification,
  leaseNotifications,
  selectDeliveryWork,
  settleNotification,
} from './lease-queries.ts'
import { delayAfter, LIFE_SECONDS, type Outcome } from './outcome.ts'
import { type SendDeps, send } from './send.ts'

export interface DeliveryDeps extends SendDeps {
  readonly db: PenstockDatabase
  readonly now: Clock
}

/** The notifications that a run sends: all that are due, or those of one tenant. */
export interface DeliveryRun {
  readonly tenantId: number | undefined
  /** Milliseconds since 1970 after which no further notification is leased. */
  readonly ends: number
}

/** Attempts of a run by their results. `pending` ones are tried again later. */
export interface Delivered {
  readonly sent: number
  readonly failed: number
  readonly pending: number
}

/** Notifications of a tenant that are sent at a time. */
const LEASED = 10
/** Longer than an attempt takes, with the time to settle it. */
const LEASE_SECONDS = 60
/** Tenants that are served at a time: a receiver that does not answer holds one of them up for 10 s. */
const TENANTS_AT_ONCE = 16

/**
 * Sends what is due. Safe to repeat, to interrupt and to run concurrently: a notification whose sender died after the receiver took it is sent
 * again with the same id, once its lease has ended.
 * @throws {Problem} 503 when the database is not available; attempts that are under way end before.
 */
export async function deliver(deps: DeliveryDeps, { tenantId, ends }: DeliveryRun): Promise<Delivered> {
  const waiting = tenantId === undefined ? [...(await deps.db.readAll(selectDeliveryWork))] : [tenantId]
  const total = { sent: 0, failed: 0, pending: 0 }
  const serve = async (): Promise<void> => {
    while (deps.now() < ends) {
      const next = waiting.shift()
      if (next === undefined) return
      // The tenant goes to the end of the queue, so that a tenant with many notifications delays nobody.
      if (await deliverSome(deps, next, total)) waiting.push(next)
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(TENANTS_AT_ONCE, waiting.length) }, serve))
  deps.mailer?.close()
  throwFirst(lanes)
  return total
}

/** Sends some notifications of a tenant, all at once. Returns whether there were any. */
async function deliverSome(deps: DeliveryDeps, tenantId: number, total: Record<State, number>): Promise<boolean> {
  const leased = await deps.db.write(tenantId, (tx) =>
    leaseNotifications(tx, { tenantId, limit: LEASED, leaseSeconds: LEASE_SECONDS }),
  )
  throwFirst(await Promise.allSettled(leased.map(async (one) => add(total, await attempt(deps, one)))))
  return leased.length > 0
}

/** Rethrows the error of the first one that failed. */
function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

type State = keyof Delivered

async function attempt(deps: DeliveryDeps, one: LeasedNotification): Promise<State | undefined> {
  const outcome = await send(deps, one)
  const state = stateOf(outcome)
  const settled = await deps.db.write(one.tenant_id, async (tx) => {
    if (outcome.kind === 'gone' && one.channel_id !== null)
      await disableChannel(tx, one.tenant_id, one.channel_id, outcome.error)
    return await settleNotification(tx, {
      tenantId: one.tenant_id,
      id: one.id,
      fencingToken: one.fencing_token,
      state,
      error: outcome.kind === 'sent' ? null : outcome.error,
      delaySeconds: delayAfter(one.attempts),
      lifeSeconds: LIFE_SECONDS,
    })
  })
  if (settled === 'failed') noteFailed(one, outcome)
  return settled === 'leased' ? undefined : settled
}

const stateOf = ({ kind }: Outcome): State =>
  kind === 'sent' ? 'sent' : kind === 'failed_attempt' ? 'pending' : 'failed'

/** Logs a notification that its receiver will never get. */
function noteFailed(one: LeasedNotification, outcome: Outcome): void {
  const fields = {
    tenant_id: one.tenant_id,
    notification_id: one.id,
    channel_id: one.channel_id,
    channel_type: one.channel_type,
    attempts: one.attempts,
    reason: outcome.kind === 'sent' ? null : outcome.error,
  }
  logger.error(fields, 'alerts.notification_failed')
}

const add = (total: Record<State, number>, state: State | undefined): void => {
  if (state !== undefined) total[state]++
}
