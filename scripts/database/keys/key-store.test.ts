import { randomBytes } from 'node:crypto'
import { parseApiKey } from '@penstock/shared/auth/api-key.ts'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { checksumKey } from '../../../test/support/http/api-keys.ts'
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres/database.ts'
import { createKey, isKeyUsable, listKeys, type NewKey, revokeKey } from './key-store.ts'

const wanted: NewKey = { tenant: 'acme', scopes: ['metrics:read', 'metrics:write'], expiresInDays: null }
let db: TestDatabase
let client: Client

beforeAll(async () => {
  db = await createTestDatabase()
})

beforeEach(async () => {
  client = await db.connect()
})

afterEach(async () => {
  await client.end()
  await db.query('delete from api_key')
  await db.query('delete from tenant_usage')
  await db.query('delete from tenant')
})

afterAll(async () => await db.drop())

const create = (more: Partial<NewKey> = {}) => createKey({ client, randomBytes, checksumKey }, { ...wanted, ...more })

test('a key is accepted by the question that functions ask', async () => {
  const { id, key } = await create()

  const rows = await db.query(`select tenant_name, scopes from identify_api_key($1, $2)`, [
    id,
    parseApiKey(key, [checksumKey])?.secretSha256,
  ])
  expect(rows).toEqual([{ tenant_name: 'acme', scopes: wanted.scopes }])
})

test('a tenant is made once, also when eight keys are made at a time', async () => {
  const clients = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const one = await db.connect()
      return one
    }),
  )
  try {
    await Promise.all(clients.map((one) => createKey({ client: one, randomBytes, checksumKey }, wanted)))
  } finally {
    await Promise.all(clients.map((one) => one.end()))
  }

  expect(await db.query('select name from tenant')).toEqual([{ name: 'acme' }])
  expect(await listKeys(client)).toHaveLength(8)
})

test('the database holds nothing from which the key could be made', async () => {
  const { key } = await create()

  const text = JSON.stringify(await db.query('select k::text from api_key k'))
  expect(text).not.toContain(key.slice(16, 59))
})

test.each([
  ['no scope', { scopes: [] }, /needs scopes: .*metrics:write/],
  ['an unknown scope', { scopes: ['metrics:delete'] }, /cannot have the scope "metrics:delete"/],
  ['a platform scope on a tenant', { scopes: ['operate'] }, /tenant's key cannot have the scope "operate"/],
  ['a tenant scope on the platform', { tenant: null, scopes: ['metrics:read'] }, /platform key cannot have/],
  ['a name with capitals', { tenant: 'Acme' }, /1 to 63 characters/],
  ['an empty name', { tenant: '' }, /1 to 63 characters/],
  ['a name of 64', { tenant: 'a'.repeat(64) }, /1 to 63 characters/],
  ['no day', { expiresInDays: 0 }, /1 to 36500 whole days/],
  ['half a day', { expiresInDays: 1.5 }, /1 to 36500 whole days/],
  ['days that are no number', { expiresInDays: Number.NaN }, /1 to 36500 whole days/],
  ['a day too many', { expiresInDays: 36_501 }, /1 to 36500 whole days/],
])('%s is refused, and nothing is made', async (_, more, message) => {
  await expect(create(more)).rejects.toThrow(message)

  expect(await listKeys(client)).toEqual([])
  expect(await db.query('select from tenant')).toEqual([])
})

test('a name of 63 characters and 36500 days are taken', async () => {
  await create({ tenant: 'a'.repeat(63), expiresInDays: 36_500 })

  const [key] = await listKeys(client)
  expect(key?.tenant).toBe('a'.repeat(63))
  expect(
    await db.query(`select round(extract(epoch from expires_at - created_at) / 86400)::int as days from api_key`),
  ).toEqual([{ days: 36_500 }])
})

test('a platform key belongs to no tenant', async () => {
  await create({ tenant: null, scopes: ['operate'] })

  expect(await listKeys(client)).toMatchObject([{ tenant: null, scopes: ['operate'] }])
})

test('a key is revoked by its id or whole, and the first time of two stays', async () => {
  const { id, key } = await create()

  const first = await revokeKey(client, id)
  expect(await revokeKey(client, key)).toEqual(first)
  expect(await listKeys(client)).toMatchObject([{ id, revoked_at: first.revoked_at }])
  await expect(revokeKey(client, 'AAAAAAAAAAAA')).rejects.toThrow('there is no key with this id')
})

test('a key is usable while it is there, active, and just what is wanted', async () => {
  const { id, key } = await create()
  const usable = (more: Partial<NewKey> = {}) => isKeyUsable({ client, checksumKey }, key, { ...wanted, ...more })

  expect(await usable()).toBe(true)
  expect(await usable({ scopes: [...wanted.scopes].reverse() })).toBe(true)
  expect(await usable({ scopes: ['metrics:read'] })).toBe(false)
  expect(await usable({ scopes: [...wanted.scopes, 'feedback:read'] })).toBe(false)
  expect(await usable({ tenant: 'other' })).toBe(false)
  expect(await usable({ tenant: null })).toBe(false)
  expect(await isKeyUsable({ client, checksumKey }, `${key.slice(0, -1)}!`, wanted)).toBe(false)

  await db.query(`update api_key set expires_at = now() - interval '1 s'`)
  expect(await usable()).toBe(false)
  await db.query(`update api_key set expires_at = null`)
  await db.query(`update tenant set status = 'suspended'`)
  expect(await usable()).toBe(false)
  await db.query(`update tenant set status = 'active'`)
  expect(await usable()).toBe(true)
  await revokeKey(client, id)
  expect(await usable()).toBe(false)
})

test('a database without the tables says what to do', async () => {
  const url = new URL(db.url)
  url.pathname = '/postgres'
  const elsewhere = new Client({ connectionString: url.href })
  await elsewhere.connect()
  try {
    await expect(createKey({ client: elsewhere, randomBytes, checksumKey }, wanted)).rejects.toThrow(
      'not migrated: npm run migrate',
    )
  } finally {
    await elsewhere.end()
  }
})
