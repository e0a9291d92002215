import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { channelKeyFile } from '../../../test/support/alerts/channel-keys.ts'
import { openSlice } from '../../../test/support/http/open-slice.ts'
import slice from '../index.ts'
import { hintOf } from './configuration.ts'

const PATH = '/api/v1/monitoring/alerts'
const HOOK = { type: 'webhook', name: 'hook', url: 'http://127.0.0.1:1/hooks/verysecrettoken' }

let alerts: Awaited<ReturnType<typeof openSlice>>
beforeAll(async () => {
  alerts = await openSlice('alerts', slice, { CHANNEL_KEY_FILE: channelKeyFile, SMTP_URL: 'smtp://127.0.0.1:1' })
})
afterAll(async () => await alerts.close())
beforeEach(async () => void (await alerts.database.query('delete from notification_channel')))

async function ask(method: string, path: string, json?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${alerts.url}${PATH}${path}`, {
    method,
    headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  const answer = text === '' ? undefined : JSON.parse(text)
  return { status: response.status, etag: response.headers.get('etag'), text, json: answer }
}

describe('a channel', () => {
  it('is answered with its secret once, and stored with nothing that leads anywhere', async () => {
    const made = await ask('POST', '/channels', HOOK)
    expect(made).toMatchObject({ status: 201, etag: '"1"', json: { type: 'webhook', name: 'hook', enabled: true } })
    expect(made.json.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const list = await ask('GET', '/channels')
    expect(list.json.channels).toMatchObject([{ id: made.json.id, hint: '127.0.0.1:1 …oken' }])
    expect(list.text).not.toMatch(/whsec_|verysecret/)
    const [row] = await alerts.database.query<{ text: string }>(
      `select c::text || encode(sealed, 'escape') as text from notification_channel c`,
    )
    expect(row?.text).not.toMatch(/whsec_|verysecret/)
  })

  it('can be changed, rotated, tested and deleted', async () => {
    const { json: made } = await ask('POST', '/channels', HOOK)
    const path = `/channels/${made.id}`
    const changed = await ask('PATCH', path, { name: 'night', url: 'http://127.0.0.1:1/b' }, { 'if-match': '"1"' })
    expect(changed).toMatchObject({ status: 200, etag: '"2"', json: { name: 'night', hint: '127.0.0.1:1' } })
    expect(changed.json.secret).toBeUndefined()
    expect(await ask('PATCH', path, { name: 'late' }, { 'if-match': '"1"' })).toMatchObject({ status: 412 })
    const rotated = await ask('PATCH', path, { rotate_secret: true })
    expect(rotated.json.secret).toMatch(/^whsec_/)
    expect(rotated.json.secret).not.toBe(made.secret)
    expect(await ask('POST', `${path}/test`)).toMatchObject({ status: 202 })
    expect(await ask('DELETE', path, undefined, { 'if-match': '"1"' })).toMatchObject({ status: 412 })
    expect(await ask('DELETE', path)).toMatchObject({ status: 204 })
    expect(await ask('DELETE', path)).toMatchObject({ status: 404 })
    expect(await ask('POST', `${path}/test`)).toMatchObject({ status: 404 })
    const { json } = await ask('GET', '/notifications?state=failed')
    expect(json).toMatchObject({ total: 1, notifications: [{ kind: 'test', channel_id: null, next_attempt_at: null }] })
  })

  it('takes ten tests that are not sent yet', async () => {
    const { json: made } = await ask('POST', '/channels', HOOK)
    const answers = []
    for (let i = 0; i < 11; i++) answers.push((await ask('POST', `/channels/${made.id}/test`)).status)
    expect(answers).toEqual([...Array(10).fill(202), 429])
  })

  it.each([
    ['/url', { ...HOOK, url: 'https://169.254.169.254/' }],
    ['/url', { ...HOOK, url: 'http://example.com/' }],
    ['/url', { type: 'slack', name: 'a' }],
    ['/to', { type: 'sms', name: 'a', url: HOOK.url, to: '0123' }],
    ['/to', { ...HOOK, to: '+15555550100' }],
    ['/address', { type: 'email', name: 'a', address: 'a@example.com\r\nBcc: b@example.com' }],
    ['/address', { ...HOOK, address: 'a@example.com' }],
    ['/type', { type: 'pigeon', name: 'a' }],
    ['/name', { ...HOOK, name: '' }],
  ])('is refused with the field that is wrong: %s', async (pointer, channel) => {
    const refused = await ask('POST', '/channels', channel)
    expect(refused.status).toBe(422)
    expect(refused.json.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer)
  })

  it('is refused a field of another type, and an internal address, when it is changed', async () => {
    const { json: made } = await ask('POST', '/channels', { type: 'email', name: 'a', address: 'a@example.com' })
    expect(made.secret).toBeUndefined()
    const url = await ask('PATCH', `/channels/${made.id}`, { url: HOOK.url })
    expect(url).toMatchObject({ status: 422, json: { errors: [{ pointer: '/url' }] } })
    const { json: hook } = await ask('POST', '/channels', HOOK)
    const internal = await ask('PATCH', `/channels/${hook.id}`, { url: 'https://10.0.0.1/' })
    expect(internal).toMatchObject({ status: 422, json: { errors: [{ pointer: '/url' }] } })
  })
})

it('answers 503 while the key is not available, and stores nothing', async () => {
  const keyless = await openSlice('alerts', slice, { CHANNEL_KEY_FILE: '/dev/null/channel-keys.json' })
  const response = await fetch(`${keyless.url}${PATH}/channels`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(HOOK),
  })
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await keyless.database.query('select from notification_channel')).toEqual([])
  await keyless.close()
})

describe('a hint', () => {
  it.each([
    [{ address: 'operations@example.com' }, 'o…@example.com'],
    [{ url: 'https://hooks.example.com/services/T000/B000/secrettoken' }, 'hooks.example.com …oken'],
    [{ url: 'https://hooks.example.com/a?b=verysecret' }, 'hooks.example.com …cret'],
    [{ url: 'https://hooks.example.com/short' }, 'hooks.example.com'],
    [{ url: 'https://sms.example.com/', to: '+15555550100' }, 'sms.example.com …0100'],
  ])('of %j is %s', (places, hint) => {
    expect(hintOf(places)).toBe(hint)
  })
})
