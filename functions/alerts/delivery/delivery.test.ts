import { MINUTE } from '@penstock/shared/base/time.ts'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AlertStand, newRule, openAlerts } from '../../../test/support/alerts/alert-stand.ts'
import { openMails, type TestMails } from '../../../test/support/alerts/mails.ts'
import { openReceiver, type Receiver } from '../../../test/support/alerts/receiver.ts'
import { betweenStatements } from '../../../test/support/postgres/between-statements.ts'
import type { LogSeries } from '../../../test/support/postgres/log-database.ts'
import { changeChannel, createChannel, listChannels, removeChannel, testChannel } from '../channels/channels.ts'
import { create, remove } from '../handler.ts'
import { history } from '../history/history.ts'
import { run } from '../run.ts'
import { openMailer } from './mail.ts'
import { notifications } from './notifications.ts'

let stand: AlertStand
let receiver: Receiver
let series: LogSeries
let service = ''
let number = 0
beforeAll(async () => {
  stand = await openAlerts()
  receiver = await openReceiver()
})
afterAll(async () => {
  await stand.close()
  await receiver.close()
})
beforeEach(async () => {
  await stand.lab.db.query('delete from notification_channel')
  await stand.lab.db.query('delete from alert_rule')
  await stand.lab.db.query('delete from notification')
  Object.assign(receiver, { got: [], answers: [], onRequest: () => {} })
  service = `svc-${++number}`
  stand.at += 60 * MINUTE
  series = await stand.series({ service })
})

const any = () => true
const hook = async (path = '/hook') =>
  await createChannel(stand.deps(), stand.caller, {
    type: 'webhook',
    name: path,
    url: `${receiver.url}${path}`,
    address: undefined,
    to: undefined,
  })
const make = async (more: object = {}) =>
  await create(
    stand.deps(),
    stand.caller,
    newRule({ service_name: service, notification_channels: ['webhook'], ...more }),
  )
const go = async (deps = stand.deps()) => {
  stand.at += 1_000
  return (await run(deps, {})).notifications
}
const breach = async () => await stand.put(series, 100)
const calm = async () => {
  stand.at += 6 * MINUTE
  await stand.put(series, 10)
}
const list = async () => await notifications(stand.deps(), stand.caller, { limit: 50 })
/** Makes every attempt due now and ends every lease, like the passing of time. */
const due = async () => await stand.lab.db.query('update notification set next_attempt_at = clock_timestamp()')
const types = () => receiver.got.map(({ body }) => JSON.parse(body).type)

describe('a webhook', () => {
  it('is called once for each transition, signed with the secret of the channel', async () => {
    const channel = await hook()
    await make()
    await breach()
    expect(await go()).toEqual({ sent: 1, failed: 0, pending: 0 })
    expect(await go()).toEqual({ sent: 0, failed: 0, pending: 0 })
    await calm()
    await go()
    expect(types()).toEqual(['alert.triggered', 'alert.resolved'])
    for (const { body, headers } of receiver.got) {
      expect(headers['webhook-id']).toBe(headers['x-penstock-notification'])
      expect(headers['webhook-signature']).toMatch(/^v1,/)
      expect(body).not.toContain(channel.secret)
    }
    const page = await history(stand.deps(), stand.caller, { service_name: service, page: 1, page_size: 9 } as never)
    expect(page.history).toMatchObject([{ notification_sent: true, notification_channels: ['webhook'] }])
    expect((await list()).notifications.map(({ state, attempts, kind }) => [state, attempts, kind])).toEqual([
      ['sent', 1, 'resolved'],
      ['sent', 1, 'triggered'],
    ])
  })

  it('has a signature that the library of its receivers verifies, with both secrets of a rotation', async () => {
    const first = await hook()
    const second = await changeChannel(stand.deps(), stand.caller, {
      id: first.id,
      isExpected: any,
      change: { rotate_secret: true } as never,
    })
    expect(second.secret).toMatch(/^whsec_/)
    await testChannel(stand.deps(), stand.caller, first.id)
    // The library compares the time of the signature with its own clock.
    await run({ ...stand.deps(), now: Date.now }, {})
    const [got] = receiver.got
    expect(types()).toEqual(['channel.test'])
    const of = (secret: string | undefined) => () =>
      new Webhook(secret ?? '').verify(got?.body ?? '', got?.headers as Record<string, string>)
    expect(of(second.secret)).not.toThrow()
    expect(of('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=')).toThrow()
    await testChannel(stand.deps(), stand.caller, first.id)
    await go()
    expect(receiver.got[1]?.headers['webhook-signature']?.split(' ')).toHaveLength(2)
  })
})

describe('a receiver in trouble', () => {
  it('gets the same id again, first after 10 s, and what comes after it has to wait', async () => {
    await hook()
    await make()
    await breach()
    receiver.answers.push(500, 302)
    expect(await go()).toEqual({ sent: 0, failed: 0, pending: 1 })
    const [waiting] = await stand.lab.db.query<{ s: number; last_error: string }>(
      'select extract(epoch from next_attempt_at - clock_timestamp())::float8 as s, last_error from notification',
    )
    expect(waiting).toMatchObject({ last_error: 'The receiver answered 500.' })
    expect(waiting?.s).toBeGreaterThan(5)
    expect(waiting?.s).toBeLessThanOrEqual(10)
    await calm()
    expect(await go()).toEqual({ sent: 0, failed: 0, pending: 0 })
    await due()
    expect(await go()).toEqual({ sent: 0, failed: 0, pending: 1 })
    await due()
    expect(await go()).toEqual({ sent: 2, failed: 0, pending: 0 })
    expect(types()).toEqual([...Array(3).fill('alert.triggered'), 'alert.resolved'])
    expect(new Set(receiver.got.slice(0, 3).map(({ id }) => id)).size).toBe(1)
    expect(receiver.got.some(({ path }) => path === '/elsewhere')).toBe(false)
  })

  it.each([
    [1, 10],
    [2, 30],
    [3, 120],
    [4, 600],
    [5, 3_600],
    [9, 3_600],
  ])('is tried again after attempt %d in %d s', async (attempt, seconds) => {
    await hook()
    await make()
    await breach()
    receiver.answers.push(500)
    await go({ ...stand.deps(), limits: { ...stand.deps().limits, deliveryMs: -1 } })
    await stand.lab.db.query('update notification set attempts = $1', [attempt - 1])
    await go()
    const [waiting] = await stand.lab.db.query<{ s: number }>(
      'select extract(epoch from next_attempt_at - clock_timestamp())::float8 as s from notification',
    )
    expect(waiting?.s).toBeGreaterThan(seconds - 5)
    expect(waiting?.s).toBeLessThanOrEqual(seconds)
  })

  it('that fails for a day is given up, and the next notification follows', async () => {
    await hook()
    await make()
    await breach()
    receiver.answers.push(500, 500)
    await go()
    await calm()
    await go()
    await stand.lab.db.query(
      `update notification set created_at = created_at - interval '24 hours' where kind = 'triggered'`,
    )
    await due()
    expect(await go()).toEqual({ sent: 1, failed: 1, pending: 0 })
    expect((await list()).notifications.map(({ state, next_attempt_at }) => [state, next_attempt_at])).toContainEqual([
      'failed',
      null,
    ])
  })

  it('that is gone switches its channel off, which a person can switch on again', async () => {
    const channel = await hook()
    await make()
    await breach()
    receiver.answers.push(410)
    expect(await go()).toEqual({ sent: 0, failed: 1, pending: 0 })
    const [off] = (await listChannels(stand.deps(), stand.caller)).channels
    expect(off).toMatchObject({ enabled: false, last_error: 'The receiver answered 410 (gone).' })
    await calm()
    expect(await go()).toEqual({ sent: 0, failed: 0, pending: 0 })
    const change = { enabled: true } as never
    const on = await changeChannel(stand.deps(), stand.caller, { id: channel.id, isExpected: any, change })
    expect(on).toMatchObject({ enabled: true, last_error: null })
  })

  it('that cannot be reached is told to the tenant without an address', async () => {
    await createChannel(stand.deps(), stand.caller, {
      type: 'webhook',
      name: 'closed',
      url: 'http://127.0.0.1:1/',
      address: undefined,
      to: undefined,
    })
    await make()
    await breach()
    expect(await go()).toEqual({ sent: 0, failed: 0, pending: 1 })
    expect((await list()).notifications[0]?.last_error).toBe('The receiver could not be reached (ECONNREFUSED).')
  })

  it('behind a name that leads to an internal address is not called, although it did not when it was stored', async () => {
    await hook()
    await make()
    await breach()
    const target = { lookup: stand.deps().target.lookup, allowsLoopback: false }
    expect(await go({ ...stand.deps(), target })).toEqual({ sent: 0, failed: 0, pending: 1 })
    expect(receiver.got).toEqual([])
  })

  it('does not delay the channels of another tenant', async () => {
    const stranger = stand.stranger
    const other = await createChannel(stand.deps(), stranger, {
      type: 'webhook',
      name: 'other',
      url: `${receiver.url}/other`,
      address: undefined,
      to: undefined,
    })
    const channel = await hook()
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    receiver.onRequest = async () => {
      if (receiver.got.some(({ path }) => path === '/other')) release()
      await held
    }
    await testChannel(stand.deps(), stand.caller, channel.id)
    await testChannel(stand.deps(), stranger, other.id)
    expect(await go()).toEqual({ sent: 2, failed: 0, pending: 0 })
  })
})

describe('a notification', () => {
  it('whose lease another sender took is settled by that one alone', async () => {
    await hook()
    await make()
    await breach()
    let nested: Promise<unknown> | undefined
    receiver.onRequest = async () => {
      if (nested) return
      await due()
      nested = go()
      await nested
    }
    // The first sender's receiver answered 500, but the second one has sent it by then.
    receiver.answers.push(200, 500)
    expect(await go()).toEqual({ sent: 0, failed: 0, pending: 0 })
    expect((await list()).notifications).toMatchObject([{ state: 'sent', attempts: 2, last_error: null }])
    expect(new Set(receiver.got.map(({ id }) => id)).size).toBe(1)
  })

  it('is not settled by a sender whose lease has expired while another one holds it', async () => {
    await hook()
    await make()
    await breach()
    const [arrived, settled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let second: ReturnType<typeof go> | undefined
    receiver.onRequest = async () => {
      if (second) {
        arrived.resolve()
        return await settled.promise
      }
      await due()
      second = go()
      await arrived.promise
    }
    receiver.answers.push(500, 200)
    expect(await go()).toEqual({ sent: 0, failed: 0, pending: 0 })
    settled.resolve()
    expect(await second).toEqual({ sent: 1, failed: 0, pending: 0 })
    expect((await list()).notifications).toMatchObject([{ state: 'sent', attempts: 2, last_error: null }])
  })

  it('for a deleted channel fails, and one of a deleted rule is dropped', async () => {
    const channel = await hook()
    const made = await make()
    await breach()
    receiver.answers.push(500, 500)
    await go()
    await removeChannel(stand.deps(), stand.caller, { id: channel.id, isExpected: any })
    expect((await list()).notifications).toMatchObject([
      { state: 'failed', channel_id: null, last_error: 'The channel was deleted.' },
    ])
    await remove(stand.deps(), stand.caller, { id: made.id, isExpected: any })
    expect(await list()).toEqual({ notifications: [], total: 0 })
  })

  it('whose connection is lost at any statement is sent all the same', async () => {
    await hook()
    await make()
    await breach()
    await go({ ...stand.deps(), limits: { ...stand.deps().limits, deliveryMs: -1 } })
    for (let after = 1; after < 6; after++) {
      const own = stand.lab.open('alerts')
      const db = betweenStatements(own, async (count, backend) => {
        if (count === after) await stand.lab.db.query('select pg_terminate_backend($1, 1000)', [backend])
      })
      await go(stand.deps(db)).catch(() => {})
      await own.close()
    }
    await due()
    await go()
    expect((await list()).notifications).toMatchObject([{ state: 'sent' }])
    expect(new Set(receiver.got.map(({ id }) => id)).size).toBe(1)
  })
})

describe('an e-mail', () => {
  let sink: TestMails
  beforeAll(async () => {
    sink = await openMails()
  })
  afterAll(async () => await sink.close())

  it('arrives with an id that says which notification it is, in both forms', async () => {
    await createChannel(stand.deps(), stand.caller, {
      type: 'email',
      name: 'mail',
      address: 'ops@example.com',
      url: undefined,
      to: undefined,
    })
    await make({ notification_channels: ['email'], name: 'Too <hot>' })
    await breach()
    const mailer = openMailer({ url: sink.smtpUrl, from: 'penstock@example.com', requiresTls: false })
    expect(await go({ ...stand.deps(), mailer })).toEqual({ sent: 1, failed: 0, pending: 0 })
    const [sent] = (await list()).notifications
    const [mail] = sink.mails
    expect(mail).toMatchObject({ to: ['ops@example.com'], subject: `[WARNING] Too <hot>: ${service} temp` })
    expect(mail?.headers).toMatchObject({
      'message-id': `<${sent?.id}@penstock>`,
      'x-penstock-notification': sent?.id,
      'auto-submitted': 'auto-generated',
    })
    expect(mail?.html).toMatch(/Too &lt;hot&gt;/)
    expect(mail?.text).toMatch(/Threshold: > 80.00/)
  })

  it.each([
    ['a server that asks for TLS and has none', { requiresTls: true }],
    ['a wrong password', { password: 'wrong' }],
  ])(
    'waits for %s',
    async (_, { requiresTls = false, password = '' }: { requiresTls?: boolean; password?: string }) => {
      await createChannel(stand.deps(), stand.caller, {
        type: 'email',
        name: 'mail',
        address: 'ops@example.com',
        url: undefined,
        to: undefined,
      })
      await make({ notification_channels: ['email'] })
      await breach()
      const url = new URL(sink.smtpUrl)
      if (password !== '') url.password = password
      const mailer = openMailer({ url: url.href, from: 'penstock@example.com', requiresTls })
      const count = sink.mails.length
      expect(await go({ ...stand.deps(), mailer })).toEqual({ sent: 0, failed: 0, pending: 1 })
      expect(sink.mails).toHaveLength(count)
    },
  )
})
