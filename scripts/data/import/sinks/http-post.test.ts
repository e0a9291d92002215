import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { postBatch } from './http-post.ts'

const OK = { accepted: 1, deferred: 0, rejected: [] }
const target = { url: 'http://ingest', key: 'k' }

/** Answers each request with the next of these; a text is the message of a failure to reach the server. */
function server(answers: readonly (Response | string)[]) {
  const requests: { url: string; init: RequestInit }[] = []
  const pauses: number[] = []
  const deps = {
    fetch: async (url: string, init: RequestInit = {}) => {
      const answer = answers[requests.length]
      requests.push({ url, init })
      if (answer instanceof Response) return answer
      throw new TypeError('fetch failed', { cause: new Error(answer) })
    },
    pause: async (ms: number) => void pauses.push(ms),
    say: () => {},
  }
  return { deps: deps as never as Parameters<typeof postBatch>[0], requests, pauses }
}
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })

describe('a batch', () => {
  it('is posted packed, with the key, and asks for a verdict per entry', async () => {
    const { deps, requests } = server([answer(200, OK)])
    expect(await postBatch(deps, target, '[{"a":1}]')).toEqual(OK)
    expect(requests[0]?.url).toBe('http://ingest/api/v1/monitoring/metrics/batch')
    expect(requests[0]?.init).toMatchObject({
      method: 'POST',
      headers: { authorization: 'Bearer k', 'content-encoding': 'gzip', prefer: 'handling=lenient' },
    })
    expect(gunzipSync(requests[0]?.init.body as Buffer).toString()).toBe('[{"a":1}]')
  })

  it('is posted again when nobody answers, or the server is in trouble, with longer and longer pauses', async () => {
    const { deps, pauses } = server([
      'ECONNREFUSED',
      answer(503, {}),
      answer(502, '<html>'),
      answer(429, {}),
      answer(200, OK),
    ])
    expect(await postBatch(deps, target, '[]')).toEqual(OK)
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000])
  })

  it('waits as long as it is asked to, but not for ever', async () => {
    const asked = [answer(503, {}, { 'retry-after': '3' }), answer(503, {}, { 'retry-after': '3600' }), answer(200, OK)]
    const { deps, pauses } = server(asked)
    await postBatch(deps, target, '[]')
    expect(pauses).toEqual([3_000, 30_000])
  })

  it('is given up after ten attempts', async () => {
    const { deps, requests } = server(Array(11).fill('ECONNREFUSED 127.0.0.1:1'))
    await expect(postBatch(deps, target, '[]')).rejects.toThrow('http://ingest: ECONNREFUSED 127.0.0.1:1')
    expect(requests).toHaveLength(10)
  })

  it.each([
    [answer(401, { detail: 'A valid credential is required.' }), 'http://ingest: 401: A valid credential is required.'],
    [answer(413, 'too large'), 'http://ingest: 413: too large'],
    [answer(200, '<html>'), 'http://ingest does not answer as metrics-ingest does: <html>'],
    [answer(200, { status: 'fine' }), 'http://ingest does not answer as metrics-ingest does'],
  ])('is given up at once when it can never be taken', async (refusal, message) => {
    const { deps, requests } = server([refusal])
    await expect(postBatch(deps, target, '[]')).rejects.toThrow(message)
    expect(requests).toHaveLength(1)
  })
})
