// An evaluator and a sender that die at any statement: a receiver that compares ids sees each notification once, in order.
import { MINUTE } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AlertStand, newRule, openAlerts } from '../../../test/support/alerts/alert-stand.ts'
import { openReceiver, type Receiver } from '../../../test/support/alerts/receiver.ts'
import { betweenStatements } from '../../../test/support/postgres/between-statements.ts'
import { createChannel } from '../channels/channels.ts'
import { create } from '../handler.ts'
import { run } from '../run.ts'

const TRANSITIONS = 100

let stand: AlertStand
let receiver: Receiver
beforeAll(async () => {
  stand = await openAlerts()
  receiver = await openReceiver()
})
afterAll(async () => {
  await stand.close()
  await receiver.close()
})

/** An instance that has died does nothing any more. */
function dyingAfter(own: PenstockDatabase, n: number): { readonly db: PenstockDatabase; died: boolean } {
  const db = betweenStatements(own, async (count) => {
    if (count >= n) dying.died = true
    if (dying.died) throw new Error('the instance died')
  })
  const dying = { died: false, db }
  return dying
}

interface Told {
  readonly id: string
  readonly type: string
  readonly event: string
}

/** Returns each notification once, as a receiver sees them that compares ids, in order. */
function told(): readonly Told[] {
  const seen = new Map<string, Told>()
  for (const { id, body } of receiver.got) {
    const { type, data } = JSON.parse(body)
    if (!seen.has(id)) seen.set(id, { id, type, event: data.event.id })
  }
  return [...seen.values()]
}

it('tells each of 100 transitions once, in order, wherever the evaluator or the sender dies', {
  timeout: 90_000,
}, async () => {
  const series = await stand.series({ service: 'svc' })
  const none = { address: undefined, to: undefined }
  await createChannel(stand.deps(), stand.caller, { type: 'webhook', name: 'a', url: receiver.url, ...none })
  await create(stand.deps(), stand.caller, newRule({ notification_channels: ['webhook'] }))
  const own = stand.lab.open('alerts')
  const deaths = new Set<number>()
  let most = 1
  for (let n = 0; n < TRANSITIONS; n++) {
    // Fewer than five openings within an hour, so the rule does not flap.
    stand.at += 12 * MINUTE
    await stand.put(series, n % 2 === 0 ? 100 : 10)
    const after = 1 + (n % (most + 1))
    const dying = dyingAfter(own, after)
    await run(stand.deps(dying.db), {}).catch(() => {})
    if (dying.died) {
      deaths.add(after)
      most = Math.max(most, after + 1)
    }
    // The lease of the instance that died ends.
    await stand.lab.db.query(`update notification set next_attempt_at = clock_timestamp() where state = 'leased'`)
    stand.at += 1_000
    await run(stand.deps(), {})
  }
  // It died after every statement of an evaluation with a transition, of the lease and of the settlement.
  expect(deaths.size).toBeGreaterThanOrEqual(13)
  const stored = await stand.lab.db.query<{ id: string; state: string }>(
    'select id, state from notification order by created_at, sequence',
  )
  const all = told()
  expect(stored).toHaveLength(TRANSITIONS)
  expect(new Set(stored.map(({ state }) => state))).toEqual(new Set(['sent']))
  expect(all.map(({ id }) => id)).toEqual(stored.map(({ id }) => id))
  expect(all.map(({ type }) => type)).toEqual(
    Array.from({ length: TRANSITIONS }, (_, n) => (n % 2 === 0 ? 'alert.triggered' : 'alert.resolved')),
  )
  for (let n = 0; n < TRANSITIONS; n += 2) expect(all[n]?.event).toBe(all[n + 1]?.event)
  // The receiver answered, and the sender died before it noted that: the same id came again.
  expect(receiver.got.length).toBeGreaterThan(TRANSITIONS)
})
