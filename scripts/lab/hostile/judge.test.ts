import { describe, expect, it } from 'vitest'
import type { Answer } from './answers.ts'
import { judge } from './judge.ts'
import type { Outcome } from './talk.ts'

const OURS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Link, X-Request-Time',
  vary: 'Origin',
  'x-request-time': '1.250',
}
const PROBLEM = {
  type: 'https://penstock.dev/problems/invalid',
  title: 'Invalid',
  status: 422,
  detail: 'must be a number',
}

const request = { manner: 'kept', mutations: ['json'], route: 'metrics-ingest.one' } as const

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, headers: { ...OURS, 'content-type': type, ...headers }, body: Buffer.from(text) }
}

const said = (...answers: Answer[]): Outcome => ({ answers, end: 'open', broken: undefined, ms: 1 })
const refused = (changes: object = {}, headers: Record<string, string> = {}): Outcome =>
  said(answer(422, { ...PROBLEM, ...changes }, headers))

describe('the judge', () => {
  it('finds nothing wrong with a success, a refusal, and a function that is busy', () => {
    const detail = 'There are too many requests at the same time.'
    const busy = answer(503, { ...PROBLEM, status: 503, detail }, { 'retry-after': '1' })
    const limits = refused({ detail: 'must be at most 1e150; must be a time, such as 2026-11-20T17:09:01Z' })
    for (const outcome of [said(answer(200, { id: 1 })), refused(), limits, said(busy)])
      expect(judge(request, outcome)).toEqual([])
  })

  it.each([
    ['a 500', said(answer(500, { ...PROBLEM, status: 500 })), /^status 500: /],
    ['a 503 that does not say when to come again', said(answer(503, { ...PROBLEM, status: 503 })), /Retry-After/],
    [
      'a 503 for no reason of the instance',
      said(answer(503, { ...PROBLEM, status: 503, detail: 'no database' }, { 'retry-after': '1' })),
      /without a reason/,
    ],
    ['no answer in time', { ...said(), end: 'late', ms: 15_000 }, /neither an answer nor an end after 15000 ms/],
    ['an end without an answer', { ...said(), end: 'ended' }, /ended without an answer/],
    ['what is no answer', { ...said(), broken: '3 bytes that are not a whole answer' }, /3 bytes/],
    ['two answers to one request', said(answer(200, {}), answer(200, {})), /2 answers/],
    ['an answer without CORS', refused({}, { 'access-control-allow-origin': '' }), /access-control-allow-origin/],
    ['an answer that does not say how long it took', refused({}, { 'x-request-time': '' }), /x-request-time/],
    ['a header that the caller made', refused({}, { 'x-injected': '1' }), /a header that a caller made/],
    ['a 401 without a challenge', said(answer(401, { ...PROBLEM, status: 401 })), /401 without www-authenticate/],
    ['a 405 that names no method', said(answer(405, { ...PROBLEM, status: 405 })), /405 without allow/],
    ['a refusal in HTML', refused({}, { 'content-type': 'text/html' }), /the content type text\/html/],
    ['a refusal whose detail is a list', refused({ detail: [{ msg: 'no' }] }), /not a problem document/],
    ['a refusal with another status inside', refused({ status: 400 }), /not a problem document/],
    ['a success that is cut off', said(answer(200, '{"id":')), /a success that is not valid JSON/],
    ['a stack trace', refused({ detail: 'at store (node:net:10:7)' }), /the answer says/],
    ['one of a function without a name', refused({ detail: 'at node:internal/timers:10:7' }), /the answer says/],
    ['a statement', refused({ detail: 'duplicate key violates unique constraint' }), /the answer says "violates"/],
    ['a table', refused({ detail: 'no room in metric_log' }), /the answer says "metric_log"/],
    ['another tenant', refused({ detail: 'bystander has that' }), /the answer says "bystander"/],
  ] satisfies [string, Outcome, RegExp][])('does not let %s pass', (_, outcome, sentence) => {
    expect(judge(request, outcome).join('; ')).toMatch(sentence)
  })

  it('does not let the refusal of a valid request pass', () => {
    expect(judge({ ...request, mutations: [] }, refused())).toEqual([
      expect.stringMatching(/^a valid request is answered 422: /),
    ])
    expect(judge({ ...request, mutations: [], refusal: 422 }, refused())).toEqual([])
    expect(judge({ ...request, mutations: [], refusal: 404 }, refused())).toHaveLength(1)
  })

  it('takes the form of a foreign protocol from its routes alone', () => {
    const outcome = refused({ code: 'invalid' }, { 'content-type': 'application/json' })
    expect(judge({ ...request, route: 'metrics-ingest.influxV2' }, outcome)).toEqual([])
    expect(judge(request, outcome)).toHaveLength(1)
  })

  it('asks nothing of a connection that the caller cut', () => {
    expect(judge({ ...request, manner: 'cut' }, { ...said(), end: 'ended' })).toEqual([])
  })
})
