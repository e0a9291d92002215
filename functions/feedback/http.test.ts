// The routes through the front, as a client meets them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSlice } from '../../test/support/http/open-slice.ts'
import { type CommentsPage, type Feedback, routes, type Stats } from './contract.ts'
import feedback from './index.ts'

let server: Awaited<ReturnType<typeof openSlice>>
beforeAll(async () => void (server = await openSlice('feedback', feedback)))
afterAll(async () => await server.close())

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(new URL(path, server.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  })
  return { status: response.status, json: (await response.json()) as Feedback & { errors: object[] } }
}

async function get<T>(path: string, query: Record<string, string>) {
  const url = new URL(path, server.url)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
  return { status: response.status, json: (await response.json()) as T & { errors: object[] } }
}

/**
 * Texts that are easily damaged on their way: markup, quoting, escapes, direction, joining, case, and characters of two and four bytes.
 */
const texts = [
  `'; drop table insight_feedback; --`,
  '<script>alert(1)</script>',
  '\\" \\\\ \' ` ${x} %s {{7*7}}',
  ' \t\r\n\u0001\u007f\u0085\u2028\u2029\ufeff ',
  'null',
  'ﷺ مرحبا שלום \u202etxet\u202c',
  'Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O',
  'é é ﬁ İı ß ẞ',
  '👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 𝒳 \u{10ffff}',
  'ภาษาไทย 日本語 한국어 ქართული አማርኛ ਪੰਜਾਬੀ',
]

describe('text', () => {
  it.each(texts)('comes back as it was sent: %j', async (text) => {
    const insight_id = `of ${text}`
    const said = await post(routes.comment.path, { insight_id, user_id: text, comment: text })
    expect([said.status, said.json.insight_id, said.json.user_id, said.json.comment]).toEqual([
      200,
      insight_id,
      text,
      text,
    ])
    const page = await get<CommentsPage>(routes.comments.path, { insight_id })
    expect(page.json).toMatchObject({ insight_id, total: 1, comments: [{ user_id: text, comment: text }] })
    expect((await get<Stats>(routes.stats.path, { insight_id })).json).toMatchObject({ insight_id, total_comments: 1 })
    expect((await get<{ total: number }>(routes.user.path, { user_id: text })).json).toMatchObject({
      user_id: text,
      total: 1,
    })
  })

  it.each(['a\u0000b', 'a\ud800b', '\udc00'])('that PostgreSQL cannot hold is refused: %j', async (text) => {
    const said = await post(routes.comment.path, { insight_id: 'i', user_id: 'u', comment: text })
    expect([said.status, said.json.errors]).toEqual([422, [{ pointer: '/comment', detail: expect.any(String) }]])
  })

  it('is counted in characters, not in what they are made of', async () => {
    const comment = '👍'.repeat(1000)
    const said = { insight_id: 'i', user_id: '👍'.repeat(100) }
    expect((await post(routes.comment.path, { ...said, comment })).json.comment).toBe(comment)
    expect((await post(routes.comment.path, { ...said, comment: `${comment}👍` })).status).toBe(422)
    expect((await post(routes.rate.path, { ...said, user_id: '👍'.repeat(101), rating: 1 })).status).toBe(422)
  })
})

describe('a request', () => {
  const who = { insight_id: 'rules', user_id: 'u' }

  it.each([
    [routes.rate.path, { ...who, rating: 0 }, '/rating'],
    [routes.rate.path, { ...who, rating: 6 }, '/rating'],
    [routes.rate.path, { ...who, rating: 3.5 }, '/rating'],
    [routes.rate.path, { ...who, rating: null }, '/rating'],
    [routes.rate.path, { ...who, rating: 3, comment: 'c'.repeat(1001) }, '/comment'],
    [routes.rate.path, { user_id: 'u', rating: 3 }, '/insight_id'],
    [routes.rate.path, { ...who, insight_id: 'i'.repeat(101), rating: 3 }, '/insight_id'],
    [routes.comment.path, { ...who, comment: '' }, '/comment'],
    [routes.flag.path, { ...who, flag_type: 'boring' }, '/flag_type'],
    [routes.flag.path, { ...who, flag_type: 'spam', flag_reason: 'r'.repeat(501) }, '/flag_reason'],
  ])('that breaks a rule of %s is refused, and told which: %j', async (path, body, pointer) => {
    const refused = await post(path, body)
    expect([refused.status, refused.json.errors]).toEqual([422, [{ pointer, detail: expect.any(String) }]])
  })

  it.each([
    [routes.stats.path, {}, '?insight_id'],
    [routes.comments.path, { insight_id: 'i', limit: '0' }, '?limit'],
    [routes.comments.path, { insight_id: 'i', limit: '101' }, '?limit'],
    [routes.user.path, { user_id: 'u', offset: '-1' }, '?offset'],
  ])('that breaks a rule of %s is refused, and told which: %j', async (path, query, pointer) => {
    const refused = await get(path, query as Record<string, string>)
    expect([refused.status, refused.json.errors]).toEqual([422, [{ pointer, detail: expect.any(String) }]])
  })

  it('may leave out what it does not fill in, say null, or send it empty: nothing is changed by that', async () => {
    await post(routes.rate.path, { ...who, user_id: 'empty', rating: 3, comment: 'stays' })
    for (const comment of [undefined, null, ''])
      expect((await post(routes.rate.path, { ...who, user_id: 'empty', rating: 4, comment })).json.comment).toBe(
        'stays',
      )
    const flagged = await post(routes.flag.path, { ...who, user_id: 'empty', flag_type: 'spam', flag_reason: '' })
    expect(flagged.json).toMatchObject({ flag_reason: null, comment: 'stays', rating: 4 })
  })

  it('gets its first answer again under its Idempotency-Key, and 422 with another payload', async () => {
    const key = { 'idempotency-key': 'k1' }
    const first = await post(routes.rate.path, { ...who, user_id: 'once', rating: 3 }, key)
    expect(await post(routes.rate.path, { ...who, user_id: 'once', rating: 3 }, key)).toEqual(first)
    expect((await post(routes.rate.path, { ...who, user_id: 'once', rating: 4 }, key)).status).toBe(422)
    expect((await post(routes.comment.path, { ...who, user_id: 'once', comment: 'x' }, key)).status).toBe(422)
    expect((await get<Stats>(routes.stats.path, { insight_id: 'rules' })).json.rating_distribution['3']).toBe(1)
  })
})
