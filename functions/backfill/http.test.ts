// The routes through the front, as a client meets them.
import { randomUUID } from 'node:crypto'
import { parseExact } from '@penstock/shared/base/exact-json.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSlice } from '../../test/support/http/open-slice.ts'
import backfill from './index.ts'

let server: Awaited<ReturnType<typeof openSlice>>
beforeAll(async () => void (server = await openSlice('backfill', backfill)))
afterAll(async () => await server.close())

const jobs = '/api/v1/monitoring/backfill'

async function ask(path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(server.url + path, {
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  })
  const text = await answer.text()
  const json = (text === '' ? {} : parseExact(text)) as Record<string, unknown>
  return { status: answer.status, etag: answer.headers.get('etag'), text, json }
}
const started = async (more = {}) =>
  String((await ask(`${jobs}/start`, { job_type: 't', start_block: 0, end_block: 99, ...more })).json['id'])

describe('a client', () => {
  it('sends and gets blocks of 64 bits as JSON numbers', async () => {
    const body = '{"job_type":"t","start_block":9007199254740993,"end_block":9223372036854775807}'
    const { status, text, json } = await ask(`${jobs}/start`, body)
    expect(status).toBe(200)
    expect(text).toMatch(/"start_block":9007199254740993,"end_block":9223372036854775807,/)
    const moved = await ask(
      `${jobs}/progress?job_id=${String(json['id'])}`,
      '{"current_block":9007199254740995,"progress_percentage":0}',
    )
    expect(moved.text).toContain('"current_block":9007199254740995,')
  })

  it.each([
    ['a fraction', '1.5'],
    ['a whole number that is written as a fraction', '9007199254740993.0'],
    ['a power', '1e18'],
    ['a negative number', '-1'],
    ['2^63', '9223372036854775808'],
    ['digits without end', '9'.repeat(60_000)],
    ['a text', '"1"'],
    ['null', 'null'],
  ])('is refused a block that is %s', async (_, block) => {
    const answer = await ask(`${jobs}/start`, `{"job_type":"t","start_block":0,"end_block":${block}}`)
    expect([answer.status, answer.json['errors']]).toEqual([
      422,
      [{ pointer: '/end_block', detail: 'must be a whole number from 0 to 9223372036854775807' }],
    ])
  })

  it.each([
    [{ start_block: 0, end_block: 1 }, '/job_type'],
    [{ job_type: 'x'.repeat(51), start_block: 0, end_block: 1 }, '/job_type'],
    [{ job_type: 't', end_block: 1 }, '/start_block'],
    [{ job_type: 't', start_block: 0, end_block: 1, created_by: 'x'.repeat(101) }, '/created_by'],
  ])('is told which field of a start broke a rule: %#', async (body, pointer) => {
    const { status, json } = await ask(`${jobs}/start`, body)
    expect([status, json['errors']]).toEqual([422, [{ pointer, detail: expect.any(String) }]])
  })

  it.each([
    ['status=sleeping', '?status'],
    ['limit=0', '?limit'],
    ['limit=101', '?limit'],
    ['offset=-1', '?offset'],
  ])('is told which parameter of a list broke a rule: %s', async (query, pointer) => {
    const { status, json } = await ask(`${jobs}/status?${query}`)
    expect([status, json['errors']]).toEqual([422, [{ pointer, detail: expect.any(String) }]])
  })

  it.each([
    [{ progress_percentage: 1 }, '/current_block'],
    [{ current_block: 1 }, '/progress_percentage'],
    [{ current_block: 1, progress_percentage: 100.1 }, '/progress_percentage'],
    [
      { current_block: 1, progress_percentage: 1, estimated_completion: '2200-01-01T00:00:00Z' },
      '/estimated_completion',
    ],
    [{ current_block: 1, progress_percentage: 1, error_message: 'x'.repeat(2_001) }, '/error_message'],
  ])('is told which field of a report broke a rule: %#', async (body, pointer) => {
    const { status, json } = await ask(`${jobs}/progress?job_id=${randomUUID()}`, body)
    expect([status, json['errors']]).toEqual([422, [{ pointer, detail: expect.any(String) }]])
  })

  it('knows what it changes by the ETag', async () => {
    const id = await started()
    const first = await ask(`${jobs}/${id}`)
    expect([first.etag, first.json['version']]).toEqual(['"1"', 1])
    const report = { current_block: 10, progress_percentage: 10 }
    const path = `${jobs}/progress?job_id=${id}`
    expect((await ask(path, report, { 'if-match': '"0", "1"' })).etag).toBe('"2"')
    for (const tag of ['"1"', 'W/"2"', '2', '', '"x"'])
      expect((await ask(path, report, { 'if-match': tag })).status).toBe(412)
    expect((await ask(path, { ...report, current_block: 11 }, { 'if-match': '*' })).etag).toBe('"3"')
  })

  it('is told that there is no such job, in the contract’s words', async () => {
    const id = randomUUID()
    const missing = { status: 404, json: { detail: `Backfill job ${id} not found` } }
    expect(await ask(`${jobs}/${id}`)).toMatchObject(missing)
    expect(await ask(`${jobs}/progress?job_id=${id}`, { current_block: 1, progress_percentage: 1 })).toMatchObject(
      missing,
    )
    expect(await ask(`${jobs}/${id}/claim`, { worker: 'w' })).toMatchObject(missing)
    expect((await ask(`${jobs}/not-an-id`)).status).toBe(404)
    expect((await ask(`${jobs}/progress?job_id=7`, { current_block: 1, progress_percentage: 1 })).status).toBe(422)
    expect((await ask(`${jobs}/progress`, { current_block: 1, progress_percentage: 1 })).status).toBe(422)
  })
})

describe('a worker', () => {
  it('claims, keeps, completes and fails, and gets 204 when there is nothing', async () => {
    const id = await started()
    const claimed = await ask(`${jobs}/${id}/claim`, { worker: 'w', size: 60, lease_seconds: 5 })
    expect(claimed.json).toMatchObject({ start_block: 0, end_block: 59, failures: 0, fencing_token: 1 })
    const { lease_id, fencing_token } = claimed.json
    const token = { lease_id, fencing_token }
    expect((await ask(`${jobs}/${id}/heartbeat`, token)).json).toMatchObject({ ...token, end_block: 59 })
    const completed = await ask(`${jobs}/${id}/complete`, token)
    expect([completed.etag, completed.json['progress_percentage']]).toEqual(['"2"', 60])
    const rest = (await ask(`${jobs}/${id}/claim`, { worker: 'w', size: null, lease_seconds: null })).json
    expect(rest).toMatchObject({ start_block: 60, end_block: 99 })
    expect(await ask(`${jobs}/${id}/claim`, { worker: 'v' })).toMatchObject({ status: 204, text: '' })
    const gone = { lease_id: rest['lease_id'], fencing_token: rest['fencing_token'], error_message: 'no disk' }
    expect((await ask(`${jobs}/${id}/fail`, gone)).json['error_message']).toBe('Blocks 60 to 99: no disk')
    expect((await ask(`${jobs}/${id}/complete`, { ...token, fencing_token: 99 })).status).toBe(409)
  })

  it('gets the lease of a claim that it repeats with its key', async () => {
    const id = await started()
    const key = { 'idempotency-key': 'once' }
    const [a, b] = [
      await ask(`${jobs}/${id}/claim`, { worker: 'w', size: 5 }, key),
      await ask(`${jobs}/${id}/claim`, { worker: 'w', size: 5 }, key),
    ]
    expect(b.json).toEqual(a.json)
    expect((await ask(`${jobs}/${id}/claim`, { worker: 'w', size: 5 }, { 'idempotency-key': 'ä' })).status).toBe(422)
  })

  it.each([
    ['claim', {}, '/worker'],
    ['claim', { worker: 'x'.repeat(101) }, '/worker'],
    ['claim', { worker: 'w', size: 0 }, '/size'],
    ['claim', { worker: 'w', size: 1.5 }, '/size'],
    ['claim', { worker: 'w', lease_seconds: 86_401 }, '/lease_seconds'],
    ['complete', { lease_id: 'x', fencing_token: 1 }, '/lease_id'],
    ['heartbeat', { lease_id: randomUUID(), fencing_token: 0 }, '/fencing_token'],
    ['fail', { lease_id: randomUUID() }, '/fencing_token'],
  ])('is told which field of its %s broke a rule: %#', async (what, body, pointer) => {
    const { status, json } = await ask(`${jobs}/${randomUUID()}/${what}`, body)
    expect([status, json['errors']]).toEqual([422, [{ pointer, detail: expect.any(String) }]])
  })
})
