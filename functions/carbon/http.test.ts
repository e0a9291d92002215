// The routes through the front, as clients meet them. A name in parentheses is a defect of the system that this slice grew from.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPeopleCounters } from '../../test/support/http/people-counters.ts'
import { openPeopleSlice, type Sent, tally } from '../../test/support/http/people-slice.ts'
import carbon from './index.ts'

let counters: Awaited<ReturnType<typeof startPeopleCounters>>
let stand: Awaited<ReturnType<typeof openPeopleSlice>>
beforeAll(async () => {
  counters = await startPeopleCounters(500)
  stand = await openPeopleSlice(carbon, counters.settings)
})
afterAll(async () => {
  await stand.close()
  await counters.close()
})

const ask = async (method: string, path: string, sent: Sent = {}) => await stand.ask(method, path, sent)
const made = async (path: string, json: object) => (await ask('POST', path, { json })).json as { readonly id: number }
const organization = async () => await made('/organizations/', { name: 'Tech Corp HQ', org_type: 'Corporate' })

interface Place {
  readonly organization: number
  readonly zone: number
  readonly camera: number
}

async function place(capacity = 100): Promise<Place> {
  const { id: organization_id } = await organization()
  const zone = await made('/zones/', { name: 'Lobby', zone_type: 'Hall', capacity, organization_id })
  const camera = await made('/cameras/', { name: 'Front', zone_id: zone.id })
  return { organization: organization_id, zone: zone.id, camera: camera.id }
}

const count = async (at: Place, people: unknown, more: object = {}, sent: Sent = {}) =>
  await ask('POST', '/sensor/detect/', { json: { zone_id: at.zone, camera_id: at.camera, people, ...more }, ...sent })

async function photograph(at: Partial<Place>, script: unknown) {
  const body = new FormData()
  if (at.zone !== undefined) body.append('zone_id', String(at.zone))
  if (at.camera !== undefined) body.append('camera_id', String(at.camera))
  body.append('file', new Blob([JSON.stringify(script)]), 'capture.jpg')
  return await ask('POST', '/sensor/detect/', { body })
}

const stats = async (zone?: number) =>
  (await ask('GET', `/carbon/stats/${zone === undefined ? '' : `?zone_id=${zone}`}`)).json as {
    readonly summary: Readonly<Record<string, number>>
    readonly recent_history: readonly { readonly saved: number; readonly date: string }[]
  }

describe('places', () => {
  it('answer coordinates as text of six decimals, and nest zones and cameras', async () => {
    const json = { name: 'HQ', org_type: 'Corporate', latitude: 34.0522, longitude: '-118.2437' }
    expect((await ask('POST', '/organizations/', { json })).json).toMatchObject({
      latitude: '34.052200',
      longitude: '-118.243700',
      zones: [],
    })
    const at = await place()
    expect((await ask('GET', `/organizations/${at.organization}`)).json).toMatchObject({
      zones: [{ id: at.zone, cameras: [{ id: at.camera, is_active: true }] }],
    })
  })

  it('name a parent that is there, and are deleted with it', async () => {
    const refused = await ask('POST', '/zones/', {
      json: { name: 'z', zone_type: 'x', organization_id: 2_000_000_000 },
    })
    expect(refused.json).toMatchObject({ status: 422, errors: [{ pointer: '/organization_id' }] })
    const [at, other] = [await place(), await place()]
    expect((await ask('DELETE', `/organizations/${at.organization}`)).status).toBe(204)
    for (const path of [`/zones/${at.zone}`, `/cameras/${at.camera}`])
      expect((await ask('GET', path)).status, path).toBe(404)
    for (const path of [`/zones/${other.zone}`, `/cameras/${other.camera}`])
      expect((await ask('GET', path)).status, path).toBe(200)
  })

  it('are filtered by ?org_id, through camera and zone for alerts (E3)', async () => {
    const [at, other] = [await place(), await place()]
    await ask('POST', '/alerts/', { json: { heading: 'Hot', camera: at.camera } })
    await ask('POST', '/alerts/', { json: { heading: 'Cold', camera: other.camera } })
    const listed = (await ask('GET', `/alerts/?org_id=${at.organization}`)).json as readonly { camera: number }[]
    expect(listed.map(({ camera }) => camera)).toEqual([at.camera])
    expect((await ask('GET', '/zones/?org_id=x')).json).toMatchObject({ errors: [{ pointer: '?org_id' }] })
  })
})

describe('an alert', () => {
  it('is the only open one of its camera, and has its closing exactly while it is closed', async () => {
    const { camera } = await place()
    const first = await made('/alerts/', { heading: 'Hot', camera })
    expect((await ask('POST', '/alerts/', { json: { heading: 'Again', camera } })).status).toBe(409)
    const closed = await ask('PUT', `/alerts/${first.id}`, { json: { status: 'CLOSED' } })
    expect(closed.json).toMatchObject({ resolution: 'manual', closed_at: expect.any(String) })
    await made('/alerts/', { heading: 'Once more', camera })
    expect((await ask('PUT', `/alerts/${first.id}`, { json: { status: 'OPEN' } })).status).toBe(409)
  })
})

describe('a detection', () => {
  it('counts an image, and saves people by the estimate', async () => {
    const at = await place()
    const safe = await photograph(at, { sahi_count: 10, gemini_text: 'about 7 people' })
    expect(safe.json).toMatchObject({
      status: 'NORMAL',
      occupancy_percentage: '10.0%',
      carbon_data: { filename: 'capture.jpg', gemini_count: 7, calculation_result: 1.4286, formula: '10 / 7 rounded' },
    })
    const guess = await photograph(at, { sahi_count: 5, gemini_text: 'many' })
    expect(guess.json).toMatchObject({ carbon_error: expect.not.stringMatching(/http|secret/) })
    expect((await stats(at.zone)).summary).toMatchObject({ detections: 1, total_saved_all_time: 1.43 })
  })

  it('is dangerous from nine tenths on, and the next normal one closes the alert (E7)', async () => {
    const at = await place(30)
    const danger = await count(at, 27)
    expect(danger.json).toMatchObject({ status: 'DANGER', occupancy_percentage: '90.0%', alert_created: true })
    expect((await count(at, 30)).json).toMatchObject({ alert_created: false, alert_message: expect.any(String) })
    expect((await count(at, 26, { people_estimated: 26 })).json).toMatchObject({ status: 'NORMAL', alert_closed: true })
    const { alert_id: id } = danger.json as { alert_id: number }
    expect((await ask('GET', `/alerts/${id}`)).json).toMatchObject({ status: 'CLOSED', resolution: 'auto' })
  })

  it('in a zone without a capacity divides by nothing (E4)', async () => {
    const at = await place(0)
    expect((await count(at, 5)).json).toMatchObject({ status: 'NORMAL', occupancy_percentage: null })
  })

  it('names what is missing or unknown, in `error` too (E5, E6)', async () => {
    const [at, other] = [await place(), await place()]
    const refused = await photograph({ camera: at.camera }, {})
    expect(refused.json).toMatchObject({ status: 400, error: "Missing 'zone_id' or 'file'" })
    expect((await photograph({ zone: at.zone }, {})).json).toMatchObject({ status: 400, detail: "Missing 'camera_id'" })
    const foreign = await count({ ...at, camera: other.camera }, 1)
    expect(foreign.json).toMatchObject({ status: 404, detail: 'Camera not found' })
    expect((await count({ ...at, zone: 2_000_000_000 }, 1)).json).toMatchObject({ detail: 'Zone not found' })
    for (const people of [-1, 1.5, '3']) expect((await count(at, people)).status, String(people)).toBe(422)
    await ask('PATCH', `/cameras/${at.camera}`, { json: { is_active: false } })
    expect((await count(at, 1)).status).toBe(409)
  })

  it.each([
    [502, { crowd: { status: 500 } }],
    [502, { crowd: { body: '<html>' } }],
    [503, { crowd: 'drop' }],
    [504, { crowd: { delay_ms: 2_000 } }],
  ])('is %i when the crowd service fails, and nothing is stored', async (status, script) => {
    const at = await place()
    expect((await photograph(at, script)).status).toBe(status)
    expect((await stats(at.zone)).summary).toMatchObject({ detections: 0 })
  })

  it('fifty at once open one alert, and all count (E7)', async () => {
    const [danger, safe] = [await place(), await place()]
    const dangers = await Promise.all(Array.from({ length: 50 }, () => count(danger, 95)))
    expect(tally(dangers)).toEqual({ 200: 50 })
    const opened = dangers.map(({ json }) => json as { alert_created: boolean; alert_id: number })
    expect(opened.filter((one) => one.alert_created)).toHaveLength(1)
    expect(new Set(opened.map((one) => one.alert_id)).size).toBe(1)
    const counts = await Promise.all(Array.from({ length: 50 }, () => count(safe, 2, { people_estimated: 4 })))
    expect(tally(counts)).toEqual({ 200: 50 })
    const { summary, recent_history: recent } = await stats(safe.zone)
    expect([summary, recent.length]).toEqual([
      { detections: 50, total_saved_all_time: 25, average_per_detection: 0.5 },
      10,
    ])
  })

  it('that is sent again for one instant replaces the first, and counts once', async () => {
    const at = await place()
    const timestamp = '2026-11-04T05:06:07.123456Z'
    await count(at, 3, { people_estimated: 1, timestamp })
    await count(at, 5, { people_estimated: 2, timestamp })
    const { summary, recent_history: recent } = await stats(at.zone)
    expect(summary).toMatchObject({ detections: 1, total_saved_all_time: 2.5 })
    expect(recent).toEqual([{ zone: 'Lobby', saved: 2.5, date: '2026-11-04 05:06' }])
  })

  it('with an Idempotency-Key counts once, also as a form with another boundary', async () => {
    const at = await place()
    const headers = { 'idempotency-key': `key-${at.camera}` }
    for (let i = 0; i < 2; i++) expect((await count(at, 4, { people_estimated: 4 }, { headers })).status).toBe(200)
    expect((await stats(at.zone)).summary).toMatchObject({ detections: 1 })
    expect((await count(at, 5, {}, { headers })).status).toBe(422)
  })
})

describe('what was saved', () => {
  it('leaves the totals with its zone, and is nothing for an unknown zone', async () => {
    const before = await stats()
    const at = await place()
    await count(at, 4, { people_estimated: 4 })
    expect((await stats()).summary['detections']).toBe((before.summary['detections'] ?? 0) + 1)
    await ask('DELETE', `/zones/${at.zone}`)
    expect((await stats()).summary).toEqual(before.summary)
    expect((await stats(2_000_000_000)).summary).toMatchObject({ detections: 0, total_saved_all_time: 0 })
  })

  it('is seen by no other tenant, which counts nothing in our zones', async () => {
    const [at, as] = [await place(), stand.keys.other]
    expect((await count(at, 1, {}, { as })).status).toBe(404)
    expect((await ask('POST', '/cameras/', { as, json: { name: 'spy', zone_id: at.zone } })).status).toBe(422)
    expect((await ask('GET', '/organizations/', { as })).json).toEqual([])
  })
})
