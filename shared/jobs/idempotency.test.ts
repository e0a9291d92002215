import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { Problem } from '../base/problem.ts'
import { openDatabase, type PenstockDatabase } from '../database/database.ts'
import { answerOnce, type IdempotencyKey, readIdempotencyKey } from './idempotency.ts'

let database: TestDatabase
let db: PenstockDatabase
let tenant: number
let other: number

beforeAll(async () => {
  database = await createTestDatabase()
  const config = { url: database.urlOf('metrics-ingest'), ca: undefined, inCloud: false }
  db = openDatabase('metrics-ingest', config)
})
beforeEach(async () => {
  tenant = await createTenant(database)
  other = await createTenant(database)
})
afterAll(async () => {
  await db.close()
  await database.drop()
})

const keyOf = (key: string, body = 'a'): IdempotencyKey => ({
  key,
  payload: Buffer.from(body.padEnd(32)).toString('hex'),
})
const ask = async (key: IdempotencyKey | null, write: () => Promise<object>, of = tenant) =>
  await db.write(of, (tx) => answerOnce(tx, of, key, write))
const numbered = () => vi.fn(async () => ({ n: numbers++, text: 'ü\u0001"' }))
let numbers = 0

describe('a write with an idempotency key', () => {
  it('is done once, and repetitions get its answer', async () => {
    const write = numbered()
    const first = await ask(keyOf('k'), write)
    expect(await ask(keyOf('k'), write)).toEqual(first)
    expect(write).toHaveBeenCalledTimes(1)
  })

  it('is refused when the key was used for another payload, and nothing is done', async () => {
    await ask(keyOf('k'), numbered())
    const write = numbered()
    await expect(ask(keyOf('k', 'b'), write)).rejects.toMatchObject({ kind: { status: 422 } })
    expect(write).not.toHaveBeenCalled()
  })

  it('is refused while a request with its key is under way, and is not kept waiting', async () => {
    const gate = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const slow = ask(keyOf('k'), async () => {
      begun.resolve()
      await gate.promise
      return { slow: true }
    })
    await begun.promise
    await expect(ask(keyOf('k'), numbered())).rejects.toMatchObject({
      kind: { status: 409 },
      headers: { 'retry-after': '1' },
    })
    gate.resolve()
    await slow
    expect(await ask(keyOf('k'), numbered())).toEqual({ slow: true })
  })

  it('is done again after it failed', async () => {
    await expect(
      ask(keyOf('k'), () => Promise.reject(new Problem({ slug: 'x', status: 400, title: '' }, 'no'))),
    ).rejects.toThrow('no')
    expect(await ask(keyOf('k'), async () => ({ fine: 1 }))).toEqual({ fine: 1 })
  })

  it("does not meet another tenant's", async () => {
    await ask(keyOf('k'), async () => ({ of: tenant }))
    expect(await ask(keyOf('k', 'b'), async () => ({ of: other }), other)).toEqual({ of: other })
  })

  it('is done again after 24 hours', async () => {
    const write = numbered()
    await ask(keyOf('k'), write)
    await database.query(`update idempotency_key set expires_at = now() where tenant_id = $1`, [tenant])
    await ask(keyOf('k', 'b'), write)
    expect(write).toHaveBeenCalledTimes(2)
  })
})

describe('a write without a key', () => {
  it('is done each time', async () => {
    const write = numbered()
    await ask(null, write)
    await ask(null, write)
    expect(write).toHaveBeenCalledTimes(2)
  })
})

describe('the header', () => {
  it('is null when it is not there, and else has the fingerprint of what is asked', () => {
    expect(readIdempotencyKey(undefined, '/a', Buffer.from('b'))).toBeNull()
    const one = readIdempotencyKey('k', '/a', Buffer.from('b'))
    expect(one).toEqual({ key: 'k', payload: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(readIdempotencyKey('k', '/b', Buffer.from('b'))?.payload).not.toBe(one?.payload)
    expect(readIdempotencyKey('k', '/a', Buffer.from('c'))?.payload).not.toBe(one?.payload)
  })

  it.each(['x', 'x'.repeat(255)])('may have 1 to 255 characters: %.3s', (key) => {
    expect(readIdempotencyKey(key, '', Buffer.alloc(0))?.key).toBe(key)
  })

  it.each(['', 'x'.repeat(256), 'a b', 'ü', 'a\n'])('is refused otherwise: %.3s', (key) => {
    expect(() => readIdempotencyKey(key, '', Buffer.alloc(0))).toThrow(Problem)
  })
})
