import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { createApiKey } from '@penstock/shared/auth/api-key.ts'
import { tenantScopes } from '@penstock/shared/base/scopes.ts'
import { createListener } from '@penstock/shared/http/edge.ts'
import { openDeployment, readSettings } from '@penstock/shared/slice/deployment.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checksumKey } from '../../test/support/http/api-keys.ts'
import { type RunningServer, startFront } from '../../test/support/http/http.ts'
import { tokenIssuer, tokenPart } from '../../test/support/http/token-issuer.ts'
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import identity from './index.ts'

const ISSUER = 'https://users.example'
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const issuer = tokenIssuer({})
const AUTH = '/api/v1/auth'
let database: TestDatabase
let server: RunningServer
let admin: string
let platform: string
let stop: () => Promise<void>

beforeAll(async () => {
  database = await createTestDatabase()
  await issuer.start([{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }])
  admin = await makeKey('acme', tenantScopes)
  platform = await makeKey(null, ['admin', 'operate'])
  const settings = readSettings([identity], {
    DATABASE_URL: database.urlOf('identity'),
    KEY_CHECKSUM_KEY: checksumKey.toString('hex'),
    USER_ISSUER: ISSUER,
    USER_AUDIENCE: 'app',
    USER_JWKS_URL: issuer.url,
  })
  const service = openDeployment('identity', [identity], settings, { poolSize: 1 })
  server = await startFront(createListener('identity', service))
  stop = async () => {
    await server.stop()
    await service.db.close()
    await issuer.stop()
    await database.drop()
  }
})
afterAll(async () => await stop())

async function makeKey(tenant: string | null, scopes: readonly string[]): Promise<string> {
  const { key, id, secretSha256 } = createApiKey(randomBytes, checksumKey)
  if (tenant !== null) await database.query('insert into tenant (name) values ($1) on conflict do nothing', [tenant])
  await database.query(
    'insert into api_key (id, tenant_id, secret_sha256, scopes) values ($1, (select id from tenant where name = $2), $3, $4)',
    [id, tenant, secretSha256, scopes],
  )
  return key
}

function tokenOf(subject: string, tenant = 'acme'): string {
  const now = Math.floor(Date.now() / 1_000)
  const claims = { iss: ISSUER, aud: 'app', sub: subject, tenant, exp: now + 3_600 }
  const signed = `${tokenPart({ alg: 'RS256', kid: 'k' })}.${tokenPart(claims)}`
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`
}

interface Answered {
  readonly status: number
  readonly json: Record<string, unknown> & { readonly [n: number]: Record<string, unknown> }
}

async function ask(credential: string, method: string, path: string, json?: unknown): Promise<Answered> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${credential}`, ...(json ? { 'content-type': 'application/json' } : {}) },
    ...(json ? { body: JSON.stringify(json) } : {}),
  })
  const text = await response.text()
  return { status: response.status, json: text === '' ? {} : JSON.parse(text) }
}

async function makeUser(subject: string, role: string, by = admin): Promise<{ id: string; token: string }> {
  const made = await ask(by, 'POST', `${AUTH}/users`, { subject, email: `${subject}@example.com`, role })
  expect(made.status, JSON.stringify(made.json)).toBe(201)
  return { id: String(made.json['id']), token: tokenOf(subject) }
}

/** Passes over the 30 s for which credentials are remembered, by a credential that was not used before. */
const freshKey = async (scopes: readonly string[] = tenantScopes) => await makeKey('acme', scopes)

describe('a key of a user', () => {
  it('has at most the scopes of its role, whatever it was made with', async () => {
    const { id, token } = await makeUser('olga', 'operator')
    const made = await ask(token, 'POST', `${AUTH}/api-keys`, {
      name: 'k',
      scopes: ['metrics:write', 'metrics:read', 'made:up'],
    })
    expect(made.json['scopes']).toEqual(['metrics:write', 'metrics:read', 'made:up'])
    await ask(admin, 'PATCH', `${AUTH}/users/${id}`, { role: 'viewer' })
    const me = await ask(String(made.json['key']), 'GET', `${AUTH}/me`)
    expect(me.json).toMatchObject({ kind: 'key', user: 'olga', role: 'viewer', scopes: ['metrics:read'] })
  })

  it('is refused when its user is suspended, and gone when its user is removed', async () => {
    const { id, token } = await makeUser('petra', 'viewer')
    const keyOf = async () => String((await ask(token, 'POST', `${AUTH}/api-keys`, { name: 'k' })).json['key'])
    const [first, second] = [await keyOf(), await keyOf()]
    await ask(admin, 'PATCH', `${AUTH}/users/${id}`, { status: 'suspended' })
    expect((await ask(first, 'GET', `${AUTH}/me`)).status).toBe(401)
    expect((await ask(admin, 'DELETE', `${AUTH}/users/${id}`)).status).toBe(204)
    expect((await ask(second, 'GET', `${AUTH}/me`)).status).toBe(401)
    expect(await database.query('select from api_key where user_id = $1', [id])).toEqual([])
  })

  it('makes no further key without keys:write, and never one that can do more', async () => {
    const { token } = await makeUser('quinn', 'admin')
    const make = async (by: string, scopes: readonly string[]) =>
      await ask(by, 'POST', `${AUTH}/api-keys`, { name: 'k', scopes })
    const reader = String((await make(token, ['metrics:read'])).json['key'])
    expect((await make(reader, [])).status).toBe(403)
    const maker = String((await make(token, ['keys:write'])).json['key'])
    expect((await make(maker, [])).status).toBe(201)
    expect((await make(maker, ['users:write'])).status).toBe(403)
    expect((await make(maker, ['operate'])).status).toBe(403)
  })
})

describe('rotating', () => {
  it('leaves the old key valid for the overlap, five times over, and no key twice', async () => {
    const { token } = await makeUser('rosa', 'viewer')
    const keys: string[] = []
    for (let i = 0; i < 5; i++) {
      const made = await ask(token, 'POST', `${AUTH}/api-keys`, { name: `k${i}`, scopes: ['metrics:read'] })
      keys.push(String(made.json['id']))
    }
    expect((await ask(token, 'POST', `${AUTH}/api-keys`, { name: 'k' })).status).toBe(400)
    const rotate = async (id = '') => await ask(token, 'POST', `${AUTH}/api-keys/${id}/rotate`, { overlap_hours: 168 })
    const rotated: string[] = []
    for (const id of keys) {
      const { status, json } = await rotate(id)
      expect(status).toBe(201)
      expect(json).toMatchObject({ scopes: ['metrics:read'], expires_at: null })
      rotated.push(String(json['id']))
    }
    expect((await rotate(keys[0])).status).toBe(409)
    // Ten keys are valid now. More of them would be a way around the limit.
    expect(await rotate(rotated[0])).toMatchObject({
      status: 400,
      json: { detail: 'Maximum 5 API keys allowed per user' },
    })
    expect((await ask(token, 'GET', `${AUTH}/api-keys`)).json).toHaveLength(10)
  })

  it('gives nobody a key of somebody else, nor scopes that the caller lacks', async () => {
    const { token } = await makeUser('sven', 'viewer')
    const own = await ask(token, 'POST', `${AUTH}/api-keys`, { name: 'k' })
    const rotate = async (by: string, id: unknown) => await ask(by, 'POST', `${AUTH}/api-keys/${String(id)}/rotate`, {})
    expect((await rotate(admin, own.json['id'])).status).toBe(404)
    expect((await ask(admin, 'DELETE', `${AUTH}/api-keys/${String(own.json['id'])}`)).status).toBe(200)
    const strong = await ask(admin, 'POST', `${AUTH}/api-keys`, { name: 'strong', scopes: ['users:write'] })
    expect((await rotate(await freshKey(['keys:write']), strong.json['id'])).status).toBe(403)
    expect((await rotate(admin, strong.json['id'])).status).toBe(201)
  })
})

describe('the last active admin', () => {
  it('stays, also when two admins are demoted at the same time', async () => {
    const key = await makeKey('twins', tenantScopes)
    for (let round = 0; round < 5; round++) {
      const ids = await Promise.all(
        ['a', 'b'].map(async (name) => {
          const subject = `${name}${round}`
          const body = { subject, email: `${subject}@example.com`, role: 'admin' }
          return String((await ask(key, 'POST', `${AUTH}/users`, body)).json['id'])
        }),
      )
      await database.query(
        `update app_user set role = 'viewer' where tenant_id = (select id from tenant where name = 'twins') and not id = any($1)`,
        [ids],
      )
      const [one, two] = await Promise.all(
        ids.map(async (id, i) => {
          const client = database.openAs('identity', { poolSize: 1, concurrency: 8 })
          const [tenant] = await database.query<{ id: number }>(`select id from tenant where name = 'twins'`)
          try {
            return await client.write(tenant?.id ?? 0, async (tx) => {
              const change = tx.updateTable('app_user').where('id', '=', id)
              await (i === 0 ? change.set({ role: 'viewer' }) : change.set({ status: 'suspended' })).execute()
              return 'done'
            })
          } catch (error) {
            return (error as { readonly code?: string }).code
          } finally {
            await client.close()
          }
        }),
      )
      expect(new Set([one, two])).toEqual(new Set(['PQ002', 'done']))
    }
  })

  it('is answered 409, and can go once there is another', async () => {
    const key = await makeKey('solo', tenantScopes)
    const make = async (subject: string) =>
      await ask(key, 'POST', `${AUTH}/users`, { subject, email: `${subject}@example.com`, role: 'admin' })
    const first = String((await make('first')).json['id'])
    for (const change of [{ role: 'manager' }, { status: 'suspended' }, { status: 'invited' }])
      expect((await ask(key, 'PATCH', `${AUTH}/users/${first}`, change)).status).toBe(409)
    expect((await ask(key, 'DELETE', `${AUTH}/users/${first}`)).json['type']).toBe('urn:penstock:problem:last-admin')
    await make('second')
    expect((await ask(key, 'DELETE', `${AUTH}/users/${first}`)).status).toBe(204)
  })
})

describe("a user's token", () => {
  it('is of a viewer until somebody registers the user, and makes an invited user active', async () => {
    expect((await ask(tokenOf('tom'), 'GET', `${AUTH}/me`)).json).toMatchObject({ role: 'viewer', kind: 'user' })
    expect((await ask(tokenOf('tom'), 'GET', `${AUTH}/profile`)).status).toBe(404)
    expect((await ask(tokenOf('tom'), 'POST', `${AUTH}/api-keys`, { name: 'k' })).status).toBe(403)
    const body = { subject: 'uma', email: 'uma@example.com', role: 'manager', status: 'invited' }
    await ask(admin, 'POST', `${AUTH}/users`, body)
    const profile = await ask(tokenOf('uma'), 'GET', `${AUTH}/profile`)
    expect(profile.json).toMatchObject({
      role: 'manager',
      subscription_tier: 'free',
      last_login_at: expect.any(String),
    })
    const [row] = await database.query<{ status: string }>(`select status from app_user where subject = 'uma'`)
    expect(row?.status).toBe('active')
  })

  it('never has a role of another tenant', async () => {
    await makeUser('vera', 'admin')
    await makeKey('other', ['metrics:read'])
    expect((await ask(tokenOf('vera', 'other'), 'GET', `${AUTH}/me`)).json).toMatchObject({
      tenant: 'other',
      role: 'viewer',
    })
  })
})

describe('forged tokens', () => {
  it('lock their sender out, and not the user, who was here before', async () => {
    const { token } = await makeUser('wanda', 'viewer')
    expect((await ask(token, 'GET', `${AUTH}/me`)).status).toBe(200)
    const forged = `${token.split('.').slice(0, 2).join('.')}.${'A'.repeat(342)}`
    const statuses = []
    for (let i = 0; i < 8; i++) statuses.push((await ask(forged, 'GET', `${AUTH}/me`)).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429])
    expect((await ask(token, 'GET', `${AUTH}/me`)).status).toBe(200)
    expect((await ask(tokenOf('wanda'), 'GET', `${AUTH}/me`)).status).toBe(200)
  })

  it('lock the pair, the right credential too, where the user was never seen', async () => {
    const token = tokenOf('xenia')
    const forged = `${token.split('.').slice(0, 2).join('.')}.${'A'.repeat(342)}`
    for (let i = 0; i < 5; i++) await ask(forged, 'GET', `${AUTH}/me`)
    expect((await ask(token, 'GET', `${AUTH}/me`)).status).toBe(429)
    expect((await ask(admin, 'GET', `${AUTH}/me`)).status).toBe(200)
  })
})

describe('tenants', () => {
  it('are listed, made and changed by the platform, page by page', async () => {
    expect((await ask(admin, 'GET', '/api/v1/tenants')).status).toBe(403)
    const body = { name: 'young', plan: 'pro', ignored_labels: ['request_id'] }
    const made = await ask(platform, 'POST', '/api/v1/tenants', body)
    expect(made).toMatchObject({ status: 201, json: { name: 'young', plan: 'pro', series_limit: 10_000, series: 0 } })
    expect((await ask(platform, 'POST', '/api/v1/tenants', body)).status).toBe(409)
    const change = async (name: string, json: object) => await ask(platform, 'PATCH', `/api/v1/tenants/${name}`, json)
    expect((await change('young', { series_limit: 7 })).json).toMatchObject({ plan: 'pro', series_limit: 7 })
    expect((await change('young', { plan: 'pro' })).json).toMatchObject({ series_limit: 7 })
    expect((await change('young', { plan: 'free', status: 'suspended' })).json).toMatchObject({
      plan: 'free',
      series_limit: 1_000,
      status: 'suspended',
      ignored_labels: ['request_id'],
    })
    expect((await change('nobody', { plan: 'free' })).status).toBe(404)
    const names: string[] = []
    for (let after: string | null = ''; after !== null; ) {
      const { json }: Answered = await ask(platform, 'GET', `/api/v1/tenants?limit=2&after=${after}`)
      names.push(...(json['tenants'] as { name: string }[]).map(({ name }) => name))
      after = json['next'] as string | null
    }
    expect(names).toEqual(names.toSorted((a, b) => (a < b ? -1 : 1)))
    expect(names).toContain('young')
  })
})
