import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { exportJWK, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { checksumKey, firstFormKey } from '../../test/support/http/api-keys.ts'
import { type RunningServer, startServer } from '../../test/support/http/http.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { busy, Problem } from '../base/problem.ts'
import type { UserTokens } from '../config/config.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { aroundUnits } from '../database/units.ts'
import { createApiKey, idOfApiKey } from './api-key.ts'
import { authenticator, checkScope } from './auth.ts'
import type { Principal } from './principal.ts'
import { scopesOfRole } from './roles.ts'

const oidc = { issuer: 'https://issuer.example', jwksUrl: 'http://127.0.0.1:1/certs', audience: undefined, emails: [] }
let database: TestDatabase
let db: PenstockDatabase
let tenantId: number
let time: { now: number }

beforeAll(async () => {
  database = await createTestDatabase()
  db = database.openAs('metrics-query')
  tenantId = await createTenant(database, 'acme')
})
beforeEach(() => {
  time = { now: Date.now() }
})
afterAll(async () => await database.drop())

interface Stored {
  readonly tenant?: number | null
  readonly scopes?: string
  readonly expires?: string
}

/** Makes a key and puts it where `npm run keys` does. */
async function storeKey({ tenant = tenantId, scopes = '{metrics:read}', expires }: Stored = {}) {
  const { key, id, secretSha256 } = createApiKey(randomBytes, checksumKey)
  await database.query(
    'insert into api_key (id, tenant_id, secret_sha256, scopes, expires_at) values ($1, $2, $3, $4, $5)',
    [id, tenant, secretSha256, scopes, expires ?? null],
  )
  return { key, id }
}

function setUp(
  options: { open?: boolean; users?: UserTokens; before?: <T>(look: () => Promise<T>) => Promise<T> } = {},
) {
  const lookUp = vi.fn()
  const counted = aroundUnits(db, async (run, work) => {
    lookUp()
    return options.before ? await options.before(async () => await run(work)) : await run(work)
  })
  const authenticate = authenticator({
    db: counted,
    clock: () => time.now,
    config: { open: options.open ?? false, oidc, users: options.users, checksumKeys: [checksumKey] },
  })
  const withKey = (key: string) => authenticate({ authorization: `Bearer ${key}` }, 'metrics:read')
  return { lookUp, authenticate, withKey }
}

async function refusal(attempt: Promise<Principal>): Promise<Problem> {
  const failure = await attempt.catch((error: unknown) => error)
  if (failure instanceof Problem) return failure
  throw new Error(`not refused: ${JSON.stringify(failure)}`)
}

describe("a tenant's key", () => {
  it('makes its holder a principal of its tenant', async () => {
    const { key, id } = await storeKey({ scopes: '{metrics:read,backfill:write}' })
    expect(await setUp().withKey(key)).toEqual({
      kind: 'tenant',
      name: `key:${id}`,
      tenant: { id: tenantId, name: 'acme', seriesLimit: 100_000, ignoredLabels: [] },
      scopes: ['backfill:write', 'metrics:read'],
    })
  })

  it.each(['x-api-key', 'Token', 'Basic', 'bearer'])('is taken by %s', async (way) => {
    const { key } = await storeKey()
    const { authenticate } = setUp()
    const value = way === 'Basic' ? Buffer.from(`agent:${key}`).toString('base64') : key
    const headers = way === 'x-api-key' ? { [way]: key } : { authorization: `${way} ${value}` }
    expect((await authenticate(headers, 'metrics:read')).kind).toBe('tenant')
  })

  it('leaves behind when it was used last', async () => {
    const { key, id } = await storeKey()
    await setUp().withKey(key)
    const [row] = await database.query<{ used: boolean }>(
      "select last_used_at > now() - interval '1 minute' as used from api_key where id = $1",
      [id],
    )
    expect(row?.used).toBe(true)
  })
})

describe('a platform key', () => {
  it('makes its holder a principal without a tenant', async () => {
    const { key, id } = await storeKey({ tenant: null, scopes: '{operate}' })
    expect(await setUp().withKey(key)).toEqual({ kind: 'platform', name: `key:${id}`, scopes: ['operate'] })
  })
})

describe("a user's token", () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let keys: RunningServer
  beforeAll(async () => {
    const body = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] })
    keys = await startServer(createServer((_request, response) => void response.end(body)))
  })
  afterAll(async () => await keys.stop())

  const tokenOf = async (tenant: string, claims: JWTPayload = {}): Promise<string> =>
    await new SignJWT({ iss: 'https://users.example', aud: 'app', sub: 'alice', tenant, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setExpirationTime('1h')
      .sign(privateKey)
  const ask = async (token: string, header = 'authorization') => {
    const users = { issuer: 'https://users.example', audience: 'app', tenantClaim: 'tenant', jwksUrl: keys.url }
    const { authenticate } = setUp({ users })
    return await authenticate({ [header]: header === 'authorization' ? `Bearer ${token}` : token }, 'metrics:read')
  }

  it('makes its bearer a principal of the tenant that it names, which reads and says what it thinks, as itself', async () => {
    expect(await ask(await tokenOf('acme'))).toEqual({
      kind: 'tenant',
      name: 'user:alice',
      user: 'alice',
      tenant: expect.objectContaining({ id: tenantId, name: 'acme' }),
      role: 'viewer',
      scopes: scopesOfRole('viewer'),
    })
  })

  it('is refused when its tenant is unknown or suspended, when it is of another issuer, and as anything but a bearer', async () => {
    await createTenant(database, 'shut')
    await database.query("update tenant set status = 'suspended' where name = 'shut'")
    const refusals = [
      await refusal(ask(await tokenOf('nobody'))),
      await refusal(ask(await tokenOf('shut'))),
      await refusal(ask(await tokenOf('acme', { aud: 'other' }))),
      await refusal(ask(await tokenOf('acme', { iss: 'https://accounts.google.com' }))),
      await refusal(ask(await tokenOf('acme'), 'x-api-key')),
    ]
    expect(refusals.map(({ kind }) => kind.status)).toEqual([401, 401, 401, 401, 401])
    expect(refusals.map(({ cause }) => String(cause))).toEqual([
      "the user's tenant nobody is not known",
      "the user's tenant shut is suspended",
      expect.stringContaining('"aud"'),
      'no audience is configured',
      'this is not an API key, or it was not issued here',
    ])
  })

  it('is nothing where no users are configured', async () => {
    const attempt = setUp().authenticate({ authorization: `Bearer ${await tokenOf('acme')}` }, 'metrics:read')
    expect((await refusal(attempt)).kind.status).toBe(401)
  })
})

describe('a credential that is refused', () => {
  it('gets the same answer whatever is wrong with it, and the log gets the reason', async () => {
    const revoked = await storeKey()
    await database.query('update api_key set revoked_at = now() where id = $1', [revoked.id])
    const expired = await storeKey({ expires: '2020-01-01T00:00:00Z' })
    const never = await storeKey({ expires: '-infinity' })
    const frozen = await createTenant(database, 'frozen')
    await database.query("update tenant set status = 'suspended' where id = $1", [frozen])
    const suspended = await storeKey({ tenant: frozen })
    const known = await storeKey()
    const wrongSecret = createApiKey((count) => (count === 16 ? Buffer.alloc(16) : randomBytes(count)), checksumKey)
    const { secretSha256 } = createApiKey(randomBytes, checksumKey)
    await database.query(
      "insert into api_key (id, tenant_id, secret_sha256, scopes) values ($1, $2, $3, '{metrics:read}')",
      [wrongSecret.id, tenantId, secretSha256],
    )

    const { withKey } = setUp()
    const refusals = await Promise.all(
      [
        revoked.key,
        expired.key,
        never.key,
        suspended.key,
        createApiKey(randomBytes, checksumKey).key,
        wrongSecret.key,
        `${known.key}x`,
        'a.b.c',
        '',
      ].map(async (key) => await refusal(withKey(key))),
    )
    expect(refusals.map((problem) => [problem.kind.status, problem.detail, problem.headers])).toEqual(
      refusals.map(() => [401, 'The credential is not valid.', { 'www-authenticate': 'Bearer realm="penstock"' }]),
    )
    expect(refusals.map((problem) => String(problem.cause).replace(/[0-9A-Za-z]{12}/, 'ID'))).toEqual([
      'the key ID is revoked',
      'the key ID has expired',
      'the key ID has expired',
      'the tenant frozen of the key ID is suspended',
      'the key ID is not known, or its secret is wrong',
      'the key ID is not known, or its secret is wrong',
      'this is not an API key, or it was not issued here',
      'no audience is configured',
      'this is not an API key, or it was not issued here',
    ])
  })

  it('gets 401 with WWW-Authenticate when there is none', async () => {
    const problem = await refusal(setUp().authenticate({}, 'metrics:read'))
    expect(problem).toMatchObject({ kind: { status: 401 }, headers: { 'www-authenticate': 'Bearer realm="penstock"' } })
  })

  it('does not reach the database when it is a typo', async () => {
    const { key } = await storeKey()
    const { withKey, lookUp } = setUp()
    for (const typo of [`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`, key.slice(0, -1), 'hello'])
      await refusal(withKey(typo))
    expect(lookUp).not.toHaveBeenCalled()
  })
})

describe('what is known of keys', () => {
  it('is asked once for many requests at a time', async () => {
    const { key } = await storeKey()
    const { withKey, lookUp } = setUp()
    const principals = await Promise.all(Array.from({ length: 50 }, () => withKey(key)))
    expect(new Set(principals.map((principal) => principal.name)).size).toBe(1)
    expect(lookUp).toHaveBeenCalledTimes(1)
  })

  it('is remembered 30 s, so that a revocation holds after that', async () => {
    const { key, id } = await storeKey()
    const { withKey, lookUp } = setUp()
    await withKey(key)
    await database.query('update api_key set revoked_at = now() where id = $1', [id])
    time.now += 29_999
    await withKey(key)
    expect(lookUp).toHaveBeenCalledTimes(1)
    time.now += 1
    expect((await refusal(withKey(key))).cause).toBe(`the key ${id} is revoked`)
  })

  it('is remembered of unknown keys too', async () => {
    const { withKey, lookUp } = setUp()
    const { key } = createApiKey(randomBytes, checksumKey)
    await refusal(withKey(key))
    await refusal(withKey(key))
    expect(lookUp).toHaveBeenCalledTimes(1)
  })

  it('is not asked for keys that nobody issued', async () => {
    const { withKey, lookUp } = setUp()
    for (let i = 0; i < 1_000; i++) await refusal(withKey(createApiKey(randomBytes, Buffer.alloc(32, 8)).key))
    expect(lookUp).not.toHaveBeenCalled()
  })

  it('is asked for one made-up key of the first form at a time, and not more often than an address may miss', async () => {
    const { key } = await storeKey()
    let most = 0
    let now = 0
    const { authenticate, lookUp } = setUp({
      async before(look) {
        most = Math.max(most, ++now)
        try {
          return await look()
        } finally {
          now--
        }
      },
    })
    const ask = (text: string, address: string) => authenticate({ 'x-api-key': text }, 'metrics:read', address)
    const statuses: number[] = []
    for (let i = 0; i < 30; i++) {
      const eight = Array.from(
        { length: 8 },
        async () => (await refusal(ask(firstFormKey().key, '192.0.2.1'))).kind.status,
      )
      statuses.push(...(await Promise.all(eight)))
    }
    expect(most).toBe(1)
    expect(lookUp).toHaveBeenCalledTimes(60)
    // After 50 failures every failure is answered 429, and after 60 nothing more is looked up.
    expect(statuses.filter((status) => status === 429)).toHaveLength(240 - 50)
    // Others are answered as before: by their own address, and this address with a key that proves itself.
    expect((await ask(key, '192.0.2.1')).kind).toBe('tenant')
    expect((await refusal(ask(firstFormKey().key, '192.0.2.2'))).kind.status).toBe(401)
    const refused = await refusal(ask(firstFormKey().key, '192.0.2.1'))
    expect(refused.headers['retry-after']).toBe('60')
    time.now += 5 * 60_000
    expect((await refusal(ask(firstFormKey().key, '192.0.2.1'))).kind.status).toBe(401)
  })

  it('is not pushed out by 10,001 made-up keys, and a key of the first form that is known waits behind none', async () => {
    const old = firstFormKey()
    await database.query(
      "insert into api_key (id, tenant_id, secret_sha256, scopes) values ($1, $2, $3, '{metrics:read}')",
      [old.id, tenantId, old.secretSha256],
    )
    const asked: string[] = []
    let hold: Promise<void> | undefined
    let empty = false
    const { authenticate } = setUp({
      async before(look) {
        asked.push('one')
        await hold
        if (empty) return undefined as never
        return await look()
      },
    })
    const ask = (text: string, address: string) => authenticate({ 'x-api-key': text }, 'metrics:read', address)
    expect((await ask(old.key, '192.0.2.1')).kind).toBe('tenant')
    empty = true
    for (let i = 0; i < 10_001; i++) await refusal(ask(firstFormKey().key, `2001:db8::${i % 200}`))
    empty = false
    expect(asked).toHaveLength(10_002)
    asked.length = 0
    expect((await ask(old.key, '192.0.2.1')).kind).toBe('tenant')
    expect(asked).toEqual([])

    const { promise, resolve } = Promise.withResolvers<void>()
    hold = promise
    const madeUp = refusal(ask(firstFormKey().key, '192.0.2.9'))
    time.now += 30_000
    hold = undefined
    expect((await ask(old.key, '192.0.2.9')).kind).toBe('tenant')
    resolve()
    await madeUp
  })

  it('is not mixed up between two secrets of one id', async () => {
    const { key, id } = await storeKey()
    const { withKey } = setUp()
    await withKey(key)
    const { key: other } = createApiKey((count) => (count === 16 ? idBytes(id) : randomBytes(count)), checksumKey)
    expect(idOfApiKey(other)).toBe(id)
    await refusal(withKey(other))
  })

  it('does not make a key live longer than its expiry', async () => {
    const { key, id } = await storeKey({ expires: new Date(time.now + 5_000).toISOString() })
    const { withKey, lookUp } = setUp()
    await withKey(key)
    time.now += 4_999
    await withKey(key)
    time.now += 1
    expect((await refusal(withKey(key))).cause).toBe(`the key ${id} has expired`)
    expect(lookUp).toHaveBeenCalledTimes(1)
  })

  it('is 503 while the database has trouble, and is not remembered', async () => {
    const { key } = await storeKey()
    let down = true
    const { withKey } = setUp({
      async before(look) {
        if (down) throw busy('down')
        return await look()
      },
    })
    expect((await refusal(withKey(key))).kind.status).toBe(503)
    down = false
    expect((await withKey(key)).kind).toBe('tenant')
  })
})

describe('a suite that is open', () => {
  it('takes callers without a credential for its tenant default', async () => {
    const { authenticate } = setUp({ open: true })
    expect((await refusal(authenticate({}, 'metrics:read'))).kind.status).toBe(503)
    const id = await createTenant(database, 'default')
    time.now += 30_000
    const principal = await authenticate({}, 'backfill:write')
    expect(principal).toMatchObject({ kind: 'tenant', name: 'open', tenant: { id, name: 'default' } })
    expect(principal).toMatchObject({
      scopes: expect.arrayContaining(['metrics:read', 'metrics:write', 'feedback:write']),
    })
  })

  it('takes nobody while its tenant default is suspended', async () => {
    const { authenticate } = setUp({ open: true })
    await database.query("update tenant set status = 'suspended' where name = 'default'")
    expect((await refusal(authenticate({}, 'metrics:read'))).kind.status).toBe(401)
    await database.query("update tenant set status = 'active' where name = 'default'")
  })

  it('still asks for a credential where one of the platform is needed', async () => {
    for (const scope of ['operate', 'admin'] as const) {
      expect((await refusal(setUp({ open: true }).authenticate({}, scope))).kind.status).toBe(401)
    }
  })

  it('still refuses a credential that is wrong, and takes one that is right', async () => {
    const { authenticate, withKey } = setUp({ open: true })
    for (const headers of [
      { authorization: 'Bearer hello' },
      { authorization: '' },
      { 'x-api-key': '' },
      { authorization: 'Digest x' },
    ]) {
      expect((await refusal(authenticate(headers, 'metrics:read'))).kind.status).toBe(401)
    }
    const { key, id } = await storeKey()
    expect((await withKey(key)).name).toBe(`key:${id}`)
  })
})

describe('a scope', () => {
  const tenant = { id: 1, name: 't', seriesLimit: 1, ignoredLabels: [] }
  const reader: Principal = { kind: 'tenant', name: 'key:a', tenant, scopes: ['metrics:read'] }
  const operator: Principal = { kind: 'platform', name: 'key:b', scopes: ['operate'] }
  const scheduler: Principal = { kind: 'service', name: 'service:s', email: 's' }
  const allows = (
    caller: Principal,
    scope: 'metrics:read' | 'metrics:write' | 'operate' | 'admin',
    service?: true,
  ): boolean => {
    try {
      checkScope(caller, { scope, ...(service ? { service } : {}) })
      return true
    } catch (error) {
      expect(error).toMatchObject({ kind: { status: 403 } })
      return false
    }
  }

  it('lets through who has it, and nobody else', () => {
    expect([allows(reader, 'metrics:read'), allows(reader, 'metrics:write'), allows(reader, 'operate')]).toEqual([
      true,
      false,
      false,
    ])
    expect([allows(operator, 'operate'), allows(operator, 'admin'), allows(operator, 'metrics:read')]).toEqual([
      true,
      false,
      false,
    ])
  })

  it('lets a service account through where the route is for service accounts alone', () => {
    expect([
      allows(scheduler, 'operate', true),
      allows(scheduler, 'operate'),
      allows(scheduler, 'metrics:read'),
    ]).toEqual([true, false, false])
  })

  it('lets nobody through because the route is also for service accounts', () => {
    expect(allows(reader, 'operate', true)).toBe(false)
  })
})

/** Bytes that make a key of this id. */
function idBytes(id: string): Buffer {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const value = id.split('').reduce((sum, digit) => sum * 62n + BigInt(alphabet.indexOf(digit)), 0n)
  return Buffer.from(value.toString(16).padStart(32, '0'), 'hex')
}
