// An evaluator that dies at any statement: each transition is recorded once, with its notifications.
import { MINUTE } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AlertStand, newRule, openAlerts } from '../../../test/support/alerts/alert-stand.ts'
import { betweenStatements } from '../../../test/support/postgres/between-statements.ts'
import type { LogSeries } from '../../../test/support/postgres/log-database.ts'
import { create } from '../handler.ts'
import { evaluate } from './run.ts'

const TRANSITIONS = 60

let stand: AlertStand
let series: LogSeries
let ruleId: string
beforeAll(async () => {
  stand = await openAlerts()
  series = await stand.series({ service: 'svc' })
  for (const type of ['email', 'webhook']) await stand.channel(type)
  ruleId = (await create(stand.deps(), stand.caller, newRule({ notification_channels: ['email', 'webhook'] }))).id
})
afterAll(async () => await stand.close())

/** Ten minutes between transitions: fewer than five openings within an hour, so the rule does not flap. */
async function transition(n: number): Promise<void> {
  stand.at += 12 * MINUTE
  await stand.put(series, n % 2 === 0 ? 100 : 10)
}

/** An instance that has died does nothing any more. */
function dyingAfter(own: PenstockDatabase, n: number): { readonly db: PenstockDatabase; died: boolean } {
  const db = betweenStatements(own, async (count) => {
    if (count >= n) dying.died = true
    if (dying.died) throw new Error('the instance died')
  })
  const dying = { died: false, db }
  return dying
}

async function expectOnce(transitions: number): Promise<void> {
  const rows = await stand.lab.db.query<{ events: number; notified: number; wrong: number }>(
    `select (select count(*)::int from alert_event where rule_id = $1) as events, count(*)::int as notified,
       count(*) filter (where times <> 1)::int as wrong
     from (select count(*) as times from notification where rule_id = $1 group by event_id, kind, channel_id) n`,
    [ruleId],
  )
  expect([transitions, rows[0]]).toEqual([
    transitions,
    { events: Math.ceil(transitions / 2), notified: 2 * transitions, wrong: 0 },
  ])
}

it('records each of 60 transitions once, wherever the evaluator dies', { timeout: 60_000 }, async () => {
  const own = stand.lab.open('alerts')
  const deaths = new Set<number>()
  let most = 1
  for (let n = 0; n < TRANSITIONS; n++) {
    await transition(n)
    const after = 1 + (n % (most + 1))
    const dying = dyingAfter(own, after)
    await evaluate(stand.deps(dying.db), undefined).catch(() => {})
    if (dying.died) {
      deaths.add(after)
      most = Math.max(most, after + 1)
    }
    await evaluate(stand.deps(), undefined)
  }
  await expectOnce(TRANSITIONS)
  // It died after every statement that an evaluation with a transition has.
  expect(deaths.size).toBeGreaterThanOrEqual(9)
})

it('records a transition once when its connection is ended after any statement, or its commit happened unseen', {
  timeout: 60_000,
}, async () => {
  let n = TRANSITIONS
  for (let ended = true, after = 1; ended; after++, n++) {
    await transition(n)
    ended = false
    const own = stand.lab.open('alerts')
    const db = betweenStatements(own, async (count, backend) => {
      if (count !== after) return
      ended = true
      await stand.lab.db.query('select pg_terminate_backend($1, 1000)', [backend])
    })
    await evaluate(stand.deps(db), undefined)
    await own.close()
  }
  await expectOnce(n)
})
