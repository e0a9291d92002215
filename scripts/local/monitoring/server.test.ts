// The local Cloud Monitoring is as strict as the service, so that a request that it takes is one that the service takes.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type LocalMonitoring, startMonitoring } from './server.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const SECOND = 1_000
const HOUR = 3_600 * SECOND
let clock: number
let service: LocalMonitoring

beforeEach(async () => {
  clock = NOW
  service = await startMonitoring({ clock: () => clock, project: 'local' })
})
afterEach(async () => await service.close())

const labels = { project_id: 'local', location: 'global', namespace: 'a', job: 'a', task_id: 'a' }
const point = (ms = NOW, value: object = { doubleValue: 1 }) => ({
  interval: { endTime: new Date(ms).toISOString() },
  value,
})
const series = (
  type = 'a',
  points: readonly object[] = [point()],
  resource: object = { type: 'generic_task', labels },
) => ({
  metric: { type: `custom.googleapis.com/x/${type}`, labels: {} },
  resource,
  points,
})

async function write(timeSeries: readonly object[]) {
  const answer = await fetch(`${service.url}/v3/projects/local/timeSeries`, {
    method: 'POST',
    body: JSON.stringify({ timeSeries }),
  })
  const body = (await answer.json()) as { error?: { message: string; details?: object[] } }
  return { status: answer.status, message: body.error?.message ?? '', details: body.error?.details ?? [] }
}

async function list(filter: string, from = NOW - HOUR, to = NOW + HOUR) {
  const query = new URLSearchParams({
    filter,
    'interval.startTime': new Date(from).toISOString(),
    'interval.endTime': new Date(to).toISOString(),
  })
  const answer = await fetch(`${service.url}/v3/projects/local/timeSeries?${query.toString()}`)
  const body = (await answer.json()) as { timeSeries?: { points: { value: object }[] }[] }
  return { status: answer.status, values: (body.timeSeries ?? []).map((it) => it.points.map(({ value }) => value)) }
}

it('answers what was written, newest first, within the interval and for the labels of the filter', async () => {
  expect((await write([series('a'), series('b', [point(NOW, { int64Value: '7' })])])).status).toBe(200)
  expect((await write([series('a', [point(NOW + 5 * SECOND, { doubleValue: 2 })])])).status).toBe(200)
  const type = 'metric.type="custom.googleapis.com/x/a"'
  expect((await list(type)).values).toEqual([[{ doubleValue: 2 }, { doubleValue: 1 }]])
  expect((await list(type, NOW - HOUR, NOW)).values).toEqual([[{ doubleValue: 1 }]])
  expect((await list(`${type} AND resource.labels.job = "a"`)).values).toHaveLength(1)
  expect((await list(`${type} AND resource.labels.job = "b"`)).values).toEqual([])
  expect((await list('metric.type="custom.googleapis.com/x/b"')).values).toEqual([[{ int64Value: '7' }]])
  expect((await list('metric.type=starts_with("x")')).status).toBe(400)
})

it.each<[string, readonly object[]]>([
  ['201 series', Array.from({ length: 201 }, (_, i) => series(`n${i}`))],
  ['two points in one series', [series('a', [point(), point(NOW + 10 * SECOND)])]],
  ['no point', [series('a', [])]],
  ['one series twice', [series('a'), series('a')]],
  ['an unknown type of resource', [series('a', [point()], { type: 'nothing', labels: {} })]],
  ['an unknown label', [series('a', [point()], { type: 'generic_task', labels: { ...labels, zone: 'a' } })]],
  ['a missing label', [series('a', [point()], { type: 'generic_task', labels: { ...labels, job: undefined } })]],
  ["a metric of Google's", [{ ...series('a'), metric: { type: 'cloudsql.googleapis.com/a', labels: {} } }]],
  ['two values', [series('a', [point(NOW, { doubleValue: 1, int64Value: '1' })])]],
  ['an unknown field', [{ ...series('a'), more: 1 }]],
])('refuses %s as a whole', async (_, timeSeries) => {
  expect((await write([...timeSeries.slice(0, 200), ...timeSeries.slice(200)])).status).toBe(400)
  expect((await list('metric.type="custom.googleapis.com/x/a"')).values).toEqual([])
})

it.each<[string, number, object, RegExp]>([
  ['the same end time', 0, { doubleValue: 1 }, /written in order/],
  ['an earlier end time', -60 * SECOND, { doubleValue: 1 }, /written in order/],
  ['an end time less than 5 s later', 4_999, { doubleValue: 1 }, /more frequently/],
  ['an end time more than 5 minutes ahead', 301 * SECOND, { doubleValue: 1 }, /in the future/],
  ['another kind of value', 10 * SECOND, { int64Value: '1' }, /must be DOUBLE/],
])('refuses %s, and stores the good series of the request', async (_, later, value, why) => {
  expect((await write([series('a')])).status).toBe(200)
  const answer = await write([series('good'), series('a', [point(NOW + later, value)])])
  expect([answer.status, answer.message]).toEqual([400, expect.stringMatching(/timeSeries\[1\]/)])
  expect(answer.message).toMatch(why)
  expect(answer.details).toMatchObject([{ totalPointCount: 2, successPointCount: 1, errors: [{ pointCount: 1 }] }])
  expect((await list('metric.type="custom.googleapis.com/x/good"')).values).toHaveLength(1)
  expect((await list('metric.type="custom.googleapis.com/x/a"')).values).toEqual([[{ doubleValue: 1 }]])
})

it.each([
  [25 * HOUR - SECOND, 200],
  [25 * HOUR + SECOND, 400],
])('takes a point that is up to 25 hours old: %d ms', async (age, status) => {
  expect((await write([series('a', [point(NOW - age)])])).status).toBe(status)
})

it('knows its project and its secret path alone', async () => {
  const other = await fetch(`${service.url}/v3/projects/other/timeSeries`, { method: 'POST', body: '{}' })
  const secretless = await fetch(`${new URL(service.url).origin}/v3/projects/local/timeSeries`)
  expect([other.status, secretless.status]).toEqual([403, 404])
})
