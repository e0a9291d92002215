import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { createCache } from '@penstock/shared/cache/cache.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import type { Feedback, Stats } from './contract.ts'
import { comment, comments, type FeedbackDeps, flag, rate, user, type Writer } from './handler.ts'
import { stats } from './stats.ts'

let database: TestDatabase
let db: PenstockDatabase
let deps: FeedbackDeps
let caller: TenantPrincipal
let writer: Writer

beforeAll(async () => {
  database = await createTestDatabase()
  db = database.openAs('feedback', { poolSize: 8 })
  deps = { db, cache: createCache({ clock: Date.now, redis: undefined, maxBytes: 1_000_000 }) }
})
beforeEach(async () => {
  caller = await newCaller()
  writer = { caller, idempotency: null }
})
afterAll(async () => await database.drop())

async function newCaller(): Promise<TenantPrincipal> {
  const id = await createTenant(database)
  const tenant = { id, name: 't', seriesLimit: 0, ignoredLabels: [] }
  return { kind: 'tenant', name: 'key:x', tenant, scopes: ['feedback:read', 'feedback:write'] }
}

const rateBy = async (user_id: string, rating: number, insight_id = 'i', words?: string): Promise<Feedback> =>
  await rate(deps, writer, { insight_id, user_id, rating, comment: words })
const commentBy = async (user_id: string, words: string, insight_id = 'i'): Promise<Feedback> =>
  await comment(deps, writer, { insight_id, user_id, comment: words })
const flagBy = async (user_id: string, flag_type: 'spam' | 'misleading', flag_reason?: string): Promise<Feedback> =>
  await flag(deps, writer, { insight_id: 'i', user_id, flag_type, flag_reason })
const statsOf = async (insight_id = 'i', of = caller) => JSON.parse(await stats(deps, of, { insight_id })) as Stats

describe("a user's words on an insight", () => {
  it('meet in one row, in which only what is sent changes', async () => {
    const first = await rateBy('ann', 4)
    expect(first).toMatchObject({ rating: 4, comment: null, flag_type: null, flag_reason: null })
    const steps = [
      [await commentBy('ann', 'well'), { rating: 4, comment: 'well' }],
      [await flagBy('ann', 'spam', 'why'), { comment: 'well', flag_type: 'spam', flag_reason: 'why' }],
      [await flagBy('ann', 'misleading'), { flag_type: 'misleading', flag_reason: 'why' }],
      [await rateBy('ann', 2), { rating: 2, comment: 'well', flag_type: 'misleading' }],
      [await rateBy('ann', 1, 'i', 'no'), { rating: 1, comment: 'no' }],
    ] as const
    for (const [row, expected] of steps) expect(row).toMatchObject(expected)
    const times = [first, ...steps.map(([row]) => row)].map((row) => row.updated_at)
    expect(times).toEqual([...new Set(times)].toSorted())
    expect(new Set([first, ...steps.map(([row]) => row)].map((row) => `${row.id} ${row.created_at}`)).size).toBe(1)
    expect(first.updated_at).toBe(first.created_at)
  })

  it('are later with each change, even where the clock was set back', async () => {
    await rateBy('ann', 4)
    await database.query(`update insight_feedback set updated_at = '2199-01-01' where tenant_id = $1`, [
      caller.tenant.id,
    ])
    expect((await rateBy('ann', 5)).updated_at).toBe('2199-01-01T00:00:00.000001Z')
  })

  it("are kept apart from another tenant's", async () => {
    await rateBy('ann', 4)
    const other = await newCaller()
    expect(await statsOf('i', other)).toMatchObject({ total_ratings: 0 })
    const theirs = await rate(
      deps,
      { caller: other, idempotency: null },
      { insight_id: 'i', user_id: 'ann', rating: 1, comment: undefined },
    )
    expect(theirs).toMatchObject({ rating: 1 })
    expect(await statsOf()).toMatchObject({ average_rating: 4 })
  })

  it.each([
    ['by one user', () => 'ann', 1],
    ['by many users', (n: number) => `u${n}`, 64],
  ])('come 64 at once %s without an error, and none is counted twice', async (_by, nameOf, rows) => {
    const all = await Promise.all(
      Array.from({ length: 64 }, async (_, n) => {
        if (n % 3 === 0) return await rateBy(nameOf(n), 3)
        return n % 3 === 1 ? await commentBy(nameOf(n), `words ${n}`) : await flagBy(nameOf(n), 'spam')
      }),
    )
    expect(new Set(all.map((row) => row.id)).size).toBe(rows)
    const counted = await statsOf()
    const expected = rows === 1 ? [1, 1, 1] : [22, 21, 21]
    expect([counted.total_ratings, counted.total_comments, counted.total_flags]).toEqual(expected)
  })

  it('are taken once under an idempotency key, and refused under a key that was used otherwise', async () => {
    const key = { key: 'k', payload: 'a'.repeat(64) }
    const request = { insight_id: 'i', user_id: 'ann', comment: 'once' }
    const first = await comment(deps, { caller, idempotency: key }, request)
    expect(await comment(deps, { caller, idempotency: key }, request)).toEqual(first)
    const other = { caller, idempotency: { ...key, payload: 'b'.repeat(64) } }
    await expect(comment(deps, other, { ...request, comment: 'twice' })).rejects.toMatchObject({
      kind: { status: 422 },
    })
    expect((await user(deps, caller, { user_id: 'ann', limit: 9, offset: 0 })).feedback).toEqual([first])
  })

  it('fit their idempotency key however they are written', async () => {
    const widest = '\u{10ffff}'
    await rateBy(widest.repeat(100), 1, widest.repeat(100), '\u0001'.repeat(1000))
    const idempotency = { key: 'wide', payload: 'c'.repeat(64) }
    const request = {
      insight_id: widest.repeat(100),
      user_id: widest.repeat(100),
      flag_type: 'spam',
      flag_reason: '\u0001'.repeat(500),
    } as const
    const first = await flag(deps, { caller, idempotency }, request)
    expect(await flag(deps, { caller, idempotency }, request)).toEqual(first)
  })
})

describe('a caller that is a user', () => {
  it('speaks and asks for itself alone', async () => {
    const ann = { ...caller, user: 'ann' }
    const asAnn = { caller: ann, idempotency: null }
    expect(await rate(deps, asAnn, { insight_id: 'i', user_id: 'ann', rating: 5, comment: undefined })).toMatchObject({
      rating: 5,
    })
    const others = [
      () => rate(deps, asAnn, { insight_id: 'i', user_id: 'bob', rating: 5, comment: undefined }),
      () => comment(deps, asAnn, { insight_id: 'i', user_id: 'bob', comment: 'x' }),
      () => flag(deps, asAnn, { insight_id: 'i', user_id: 'Ann', flag_type: 'spam', flag_reason: undefined }),
      () => user(deps, ann, { user_id: 'bob', limit: 1, offset: 0 }),
    ]
    for (const attempt of others) await expect(attempt()).rejects.toMatchObject({ kind: { status: 403 } })
    expect(await statsOf()).toMatchObject({ total_ratings: 1, total_comments: 0, total_flags: 0 })
    expect((await user(deps, ann, { user_id: 'ann', limit: 9, offset: 0 })).total).toBe(1)
  })
})

describe('statistics', () => {
  it('are zeros of an insight that nobody has spoken of', async () => {
    expect(await statsOf()).toEqual({
      insight_id: 'i',
      total_ratings: 0,
      average_rating: 0,
      rating_distribution: { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 },
      total_comments: 0,
      total_flags: 0,
      flag_types: {},
    })
  })

  it('count ratings, comments and flags each by what is there', async () => {
    await rateBy('a', 5)
    await rateBy('b', 5, 'i', 'words')
    await rateBy('c', 1)
    await commentBy('d', 'words')
    await flagBy('a', 'spam')
    await flagBy('e', 'misleading')
    await rateBy('a', 3, 'another insight')
    expect(await statsOf()).toMatchObject({
      total_ratings: 3,
      average_rating: 3.67,
      rating_distribution: { 1: 1, 2: 0, 3: 0, 4: 0, 5: 2 },
      total_comments: 2,
      total_flags: 2,
      flag_types: { spam: 1, misleading: 1 },
    })
  })

  it.each([
    [[5, 4, 4], 4.33],
    [[1, 2, 2], 1.67],
    [[1, 1, 1, 1, 1, 1, 1, 2], 1.13],
    [[4, 4, 4, 4, 4, 4, 4, 5], 4.13],
    [[3, 3], 3],
  ])('round the average half up to two decimals: %j is %d', async (ratings, average) => {
    await Promise.all(ratings.map(async (rating, n) => await rateBy(`u${n}`, rating)))
    expect((await statsOf()).average_rating).toBe(average)
  })
})

describe('pages', () => {
  const commentsAt = async (offset: number, limit: number) =>
    await comments(deps, caller, { insight_id: 'i', limit, offset })

  it('of comments hold each once, newest first, rows without a comment left out', async () => {
    for (let n = 0; n < 5; n++) {
      await commentBy(`u${n}`, `words ${n}`)
      await rateBy(`r${n}`, 3)
    }
    const pages = [await commentsAt(0, 2), await commentsAt(2, 2), await commentsAt(4, 2), await commentsAt(6, 2)]
    expect(pages.map(({ comments: on }) => on.map((one) => one.comment))).toEqual([
      ['words 4', 'words 3'],
      ['words 2', 'words 1'],
      ['words 0'],
      [],
    ])
    expect(new Set(pages.map(({ total }) => total))).toEqual(new Set([5]))
    expect(Object.keys(pages[0]?.comments[0] ?? {}).toSorted()).toEqual([
      'comment',
      'created_at',
      'id',
      'updated_at',
      'user_id',
    ])
  })

  it('keep their order when a user changes an old comment, and among rows of one instant', async () => {
    for (const name of ['a', 'b', 'c']) await commentBy(name, name)
    await commentBy('a', 'changed')
    expect((await commentsAt(0, 9)).comments.map((one) => one.comment)).toEqual(['c', 'b', 'changed'])
    await database.query(`update insight_feedback set created_at = '2026-11-20' where tenant_id = $1`, [
      caller.tenant.id,
    ])
    const one = async (offset: number) => (await commentsAt(offset, 1)).comments[0]?.user_id
    expect([await one(0), await one(1), await one(2)]).toEqual(['a', 'b', 'c'])
  })

  it("of a user hold each of its words once, newest first, and nobody else's", async () => {
    for (let n = 0; n < 3; n++) await rateBy('ann', 3, `i${n}`)
    await rateBy('bob', 3)
    const page = await user(deps, caller, { user_id: 'ann', limit: 2, offset: 0 })
    expect(page).toMatchObject({ user_id: 'ann', total: 3, limit: 2, offset: 0 })
    expect(page.feedback.map((row) => row.insight_id)).toEqual(['i2', 'i1'])
    expect(await user(deps, caller, { user_id: 'ann', limit: 2, offset: 2_147_483_647 })).toMatchObject({
      feedback: [],
      total: 3,
    })
    expect(await user(deps, caller, { user_id: 'nobody', limit: 2, offset: 0 })).toMatchObject({
      feedback: [],
      total: 0,
    })
  })

  it('agree with their total while others write', async () => {
    let writing = true
    const writers = Array.from({ length: 3 }, async (_, w) => {
      for (let n = 0; writing && n < 200; n++) await commentBy(`w${w} ${n}`, 'x')
    })
    try {
      for (let n = 0; n < 40; n++) {
        const { total, comments: rows } = await commentsAt(0, 1_000_000)
        expect(rows).toHaveLength(total)
      }
    } finally {
      writing = false
      await Promise.all(writers)
    }
  })
})
