import { MINUTE, SECOND } from '@penstock/shared/base/time.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AlertStand, newRule, openAlerts, START, wire } from '../../../test/support/alerts/alert-stand.ts'
import { change, create, remove, rule } from '../handler.ts'
import { history } from '../history/history.ts'
import { resolve } from './resolve.ts'
import { evaluate } from './run.ts'

let stand: AlertStand
beforeAll(async () => {
  stand = await openAlerts()
})
afterAll(async () => await stand.close())

let service = ''
let number = 0
beforeEach(() => {
  service = `svc-${++number}`
  stand.at += 60 * MINUTE
})

const make = async (more: object = {}) =>
  await create(stand.deps(), stand.caller, newRule({ service_name: service, ...more }))
const run = async () => {
  stand.at += 1_000
  return await evaluate(stand.deps(), undefined)
}
const events = async (of: { readonly id: string }) => {
  const all = await history(stand.deps(), stand.caller, { service_name: service, page: 1, page_size: 100 } as never)
  return all.history.filter(({ alert_config_id }) => alert_config_id === of.id)
}
const any = () => true

describe('a breach', () => {
  it('opens one event, and one that is over ends it', async () => {
    const series = await stand.series({ service })
    const made = await make()
    await stand.put(series, 81)
    expect(await run()).toMatchObject({ errors: 0, more: false })
    const open = {
      group: null,
      triggered_at: wire(stand.at),
      resolved_at: null,
      severity: 'warning',
      metric_value: 81,
      threshold_value: 80,
      message: `${service} - temp: 81.00 > 80.00`,
      notification_sent: false,
      notification_channels: [],
      resolution_method: null,
    }
    expect(await events(made)).toEqual([expect.objectContaining(open)])
    await run()
    stand.at += MINUTE
    await run()
    expect(await events(made)).toHaveLength(1)
    stand.at += 5 * MINUTE
    await stand.put(series, 10)
    expect(await run()).toMatchObject({ resolved: 1 })
    expect(await events(made)).toEqual([
      expect.objectContaining({ ...open, resolved_at: wire(stand.at), resolution_method: 'auto' }),
    ])
  })

  it('waits for eight evaluations at once, which decide once', async () => {
    await stand.put(await stand.series({ service }), 81)
    const made = await make({ notification_channels: ['webhook'] })
    const channel = await stand.channel('webhook')
    const runs = Array.from(
      { length: 8 },
      async (_, i) => await evaluate(stand.deps(i % 2 ? stand.lab.open('alerts') : stand.db), undefined),
    )
    const answers = await Promise.all(runs)
    expect(answers.map(({ errors }) => errors)).toEqual(answers.map(() => 0))
    expect(await events(made)).toHaveLength(1)
    expect(await stand.queued(made.id)).toEqual(['triggered webhook'])
    await stand.lab.db.query('delete from notification_channel where id = $1', [channel])
  })

  it('ends by hand with a rule that is switched off, which is not evaluated after that', async () => {
    await stand.put(await stand.series({ service }), 81)
    const made = await make()
    await run()
    await change(stand.deps(), stand.caller, { id: made.id, change: { enabled: false } as never, isExpected: any })
    await run()
    expect(await events(made)).toEqual([expect.objectContaining({ resolution_method: 'manual' })])
    stand.at += MINUTE
    await run()
    expect(await events(made)).toHaveLength(1)
  })

  it('is gone with its rule', async () => {
    await stand.put(await stand.series({ service }), 81)
    const made = await make()
    await run()
    await remove(stand.deps(), stand.caller, { id: made.id, isExpected: any })
    expect(await events(made)).toEqual([])
    expect(await stand.lab.db.query('select from alert_state where rule_id = $1', [made.id])).toEqual([])
  })
})

describe('a rule', () => {
  it('with groups has a state for each, and an event for the one that breaches', async () => {
    await stand.put(await stand.series({ service, labels: { host: 'a' } }), 100)
    await stand.put(await stand.series({ service, labels: { host: 'b' } }), 10)
    await stand.put(await stand.series({ service }), 100)
    const grouped = await make({ group_by: 'host' })
    const labelled = await make({ labels: { host: 'b' } })
    await run()
    expect(new Set((await events(grouped)).map(({ group }) => group))).toEqual(new Set(['a', null]))
    expect(await events(labelled)).toEqual([])
  })

  it('about several units is an error that it shows, until it names one', async () => {
    await stand.put(await stand.series({ service, unit: 'C' }), 100)
    await stand.put(await stand.series({ service, unit: 'F' }), 100)
    const made = await make()
    expect(await run()).toMatchObject({ errors: 1 })
    expect(await rule(stand.deps(), stand.caller, made.id)).toMatchObject({ last_error: 'ambiguous_unit' })
    await change(stand.deps(), stand.caller, { id: made.id, change: { unit: 'C' } as never, isExpected: any })
    stand.at += SECOND
    expect(await run()).toMatchObject({ errors: 0 })
    expect(await events(made)).toHaveLength(1)
    expect(await rule(stand.deps(), stand.caller, made.id)).toMatchObject({
      last_error: null,
      evaluated_at: wire(stand.at),
    })
  })

  it('without data opens an event where it asks for one', async () => {
    const asked = await make({ no_data: 'alert' })
    const kept = await make()
    expect((await run()).no_data).toBeGreaterThanOrEqual(2)
    expect(await events(asked)).toEqual([
      expect.objectContaining({ metric_value: null, message: expect.stringMatching(/no data/) }),
    ])
    expect(await events(kept)).toEqual([])
  })

  it('notifies enabled channels of its types, SMS only when it is critical', async () => {
    await stand.put(await stand.series({ service }), 100)
    const channels = [
      await stand.channel('email'),
      await stand.channel('sms'),
      await stand.channel('webhook'),
      await stand.channel('email'),
    ]
    const types = { notification_channels: ['email', 'sms'] }
    const warning = await make(types)
    const critical = await make({ ...types, severity: 'critical' })
    const named = await make({ channel_ids: [channels[2]] })
    await stand.lab.db.query('update notification_channel set enabled = false where id = $1', [channels[3]])
    await run()
    expect(await stand.queued(warning.id)).toEqual(['triggered email'])
    expect(await stand.queued(critical.id)).toEqual(['triggered email', 'triggered sms'])
    expect(await stand.queued(named.id)).toEqual(['triggered webhook'])
    await stand.lab.db.query('delete from notification_channel')
  })
})

describe('a person', () => {
  it('resolves an event once, and the rule begins anew', async () => {
    await stand.put(await stand.series({ service }), 100)
    const made = await make()
    await run()
    const [open] = await events(made)
    const id = open?.id ?? ''
    await expect(resolve(stand.deps(), stand.stranger, id, {})).rejects.toMatchObject({ kind: { status: 404 } })
    stand.at += SECOND
    const resolved = await resolve(stand.deps(), stand.caller, id, { comment: 'known' })
    expect(resolved).toMatchObject({ id, resolution_method: 'manual', comment: 'known', resolved_by: 'key:test' })
    stand.at += SECOND
    await expect(resolve(stand.deps(), stand.caller, id, {})).rejects.toMatchObject({ kind: { status: 409 } })
    await run()
    expect(await events(made)).toHaveLength(2)
  })
})

it('leaves what does not fit for the next run, which begins with what has waited longest', async () => {
  await make()
  const deps = { ...stand.deps(), limits: { runMs: 60_000, rules: 1 } }
  const [{ n } = { n: 0 }] = await stand.lab.db.query<{ n: number }>(
    'select count(*)::int as n from alert_rule where enabled',
  )
  let runs = 0
  for (let more = true; more && runs < 100; runs++) {
    stand.at += SECOND
    more = (await evaluate(deps, undefined)).more && runs < n - 1
  }
  const [{ oldest } = { oldest: '' }] = await stand.lab.db.query<{ oldest: string }>(
    `select min(s.evaluated_at)::text as oldest from alert_state s join alert_rule r on r.id = s.rule_id where r.enabled and s.group_key = ''`,
  )
  expect(runs).toBe(n)
  expect(Date.parse(oldest) * 1_000).toBeGreaterThan(stand.at - n * SECOND)
  expect(stand.at).toBeGreaterThan(START)
})
