import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checksumKey } from '../../test/support/http/api-keys.ts'
import { tokenIssuer, tokenPart } from '../../test/support/http/token-issuer.ts'
import { commonConfig, commonSchema } from '../config/config.ts'
import { userVerifier } from './user-token.ts'

const now = 1_800_000_000
const claims = {
  iss: 'https://users.example',
  aud: 'https://app.example',
  sub: 'alice',
  'https://app.example/tenant': 'acme',
  iat: now - 10,
  exp: now + 3600,
}
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })

const issuer = tokenIssuer(claims)

beforeAll(async () => {
  const keys = [
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', use: 'sig' },
    { ...(await exportJWK(ec.publicKey)), kid: 'ec', use: 'sig' },
  ]
  await issuer.start(keys)
})
afterAll(async () => await issuer.stop())

function verifier(change: { jwksUrl?: string; clock?: () => number } = {}) {
  const { clock = () => now * 1000, jwksUrl = issuer.url } = change
  const users = { issuer: claims.iss, audience: claims.aud, tenantClaim: 'https://app.example/tenant', jwksUrl }
  const made = userVerifier({ clock, users })
  if (!made) throw new Error('no verifier')
  return made
}

async function sign(change: JWTPayload = {}, key: KeyObject = rsa.privateKey, header = { alg: 'RS256', kid: 'rsa' }) {
  return await new SignJWT(issuer.claimsWith(change)).setProtectedHeader(header).sign(key)
}

describe("a user's token", () => {
  it('gives subject and tenant, by RS256 and by ES256', async () => {
    const { verify } = verifier()
    expect(await verify(await sign())).toEqual({ subject: 'alice', tenant: 'acme' })
    expect(await verify(await sign({}, ec.privateKey, { alg: 'ES256', kid: 'ec' }))).toEqual({
      subject: 'alice',
      tenant: 'acme',
    })
  })

  it.each<[string, JWTPayload, string]>([
    ['another issuer', { iss: 'https://evil.example' }, '"iss"'],
    ['no issuer', { iss: undefined as never }, '"iss"'],
    ['another audience', { aud: 'https://other.example' }, '"aud"'],
    ['no audience', { aud: undefined as never }, '"aud"'],
    ['an expiry that has passed', { exp: now - 6 }, '"exp"'],
    ['no expiry', { exp: undefined as never }, '"exp"'],
    ['a beginning that has not come', { nbf: now + 6 }, '"nbf"'],
    ['no subject', { sub: undefined as never }, '"sub"'],
    ['an empty subject', { sub: '' }, 'must not be empty'],
    ['a subject that is no user_id', { sub: 'x'.repeat(101) }, 'at most 100'],
    ['a subject that no text column holds', { sub: 'a\0' }, 'NUL'],
    ['no tenant', { 'https://app.example/tenant': undefined }, 'names no tenant'],
    ['several tenants', { 'https://app.example/tenant': ['acme', 'other'] }, 'names no tenant'],
  ])('with %s is refused', async (_what, change, reason) => {
    expect(await verifier().verify(await sign(change))).toEqual({ refused: expect.stringContaining(reason) })
  })

  it('may be five seconds late or early, since clocks differ', async () => {
    expect(await verifier().verify(await sign({ exp: now - 4 }))).toHaveProperty('subject')
    expect(await verifier().verify(await sign({ nbf: now + 5 }))).toHaveProperty('subject')
  })

  it('signed by somebody else, or changed afterwards, is refused', async () => {
    const { verify } = verifier()
    expect(await verify(await sign({}, stranger.privateKey))).toEqual({
      refused: expect.stringContaining('SIGNATURE'),
      forged: true,
    })
    const [header, , signature] = (await sign()).split('.')
    const changed = `${header}.${tokenPart({ ...claims, sub: 'bob' })}.${signature}`
    expect(await verify(changed)).toEqual({ refused: expect.stringContaining('SIGNATURE'), forged: true })
    const jwk = await exportJWK(stranger.publicKey)
    const ownKey = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'own', jwk })
      .sign(stranger.privateKey)
    expect(await verify(ownKey)).toEqual({ refused: expect.stringContaining('NO_MATCHING_KEY'), forged: true })
  })

  it('of alg none, of HS256 with the public key for a secret, and of other algorithms is refused', async () => {
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' })
    const tokens = [
      issuer.forge({ alg: 'none' }, () => ''),
      issuer.forge({ alg: 'None', kid: 'rsa' }, () => ''),
      issuer.forge({ alg: 'HS256', kid: 'rsa' }, (signed) =>
        createHmac('sha256', pem).update(signed).digest('base64url'),
      ),
      await sign({}, rsa.privateKey, { alg: 'RS512', kid: 'rsa' }),
      await sign({}, rsa.privateKey, { alg: 'PS256', kid: 'rsa' }),
    ]
    for (const token of tokens)
      expect(await verifier().verify(token)).toEqual({
        refused: expect.stringContaining('ALG_NOT_ALLOWED'),
        forged: true,
      })
  })

  it.each(['..', 'a.b.c', 'e30.e30.e30', `e30.${tokenPart({ iss: claims.iss })}.`])(
    'that is none is refused: %s',
    async (token) => {
      expect(await verifier().verify(token)).toEqual({ refused: expect.any(String), forged: true })
    },
  )

  it('is told from others by its issuer, unverified, and by nothing that is too long', async () => {
    const { issued } = verifier()
    expect(issued(await sign())).toBe(true)
    expect(issued(await sign({ iss: 'https://accounts.google.com' }))).toBe(false)
    expect([issued('a.b.c'), issued(`e30.${tokenPart({})}.`)]).toEqual([false, false])
    expect(issued(await sign({ padding: 'x'.repeat(8192) }))).toBe(false)
  })
})

describe("the issuer's keys", () => {
  it('are fetched once for many tokens, and not again for keys that they do not have', async () => {
    const { verify } = verifier()
    const before = issuer.asked
    await Promise.all((await Promise.all(Array.from({ length: 10 }, () => sign()))).map(verify))
    for (let n = 0; n < 5; n++) await verify(await sign({}, rsa.privateKey, { alg: 'RS256', kid: `unknown ${n}` }))
    expect(issuer.asked - before).toBe(1)
  })

  it('that cannot be fetched are 503, the next time too, and heal by themselves', async () => {
    const { verify } = verifier()
    issuer.status = 500
    for (let n = 0; n < 2; n++)
      await expect(verify(await sign())).rejects.toMatchObject({
        kind: { status: 503 },
        headers: { 'retry-after': '1' },
      })
    issuer.status = 200
    expect(await verify(await sign())).toHaveProperty('subject')
    await expect(verifier({ jwksUrl: 'http://127.0.0.1:1/certs' }).verify(await sign())).rejects.toMatchObject({
      kind: { status: 503 },
    })
  })

  it('of an issuer that is down do not keep what is known from being used', async () => {
    const { verify } = verifier()
    await verify(await sign())
    issuer.status = 500
    expect(await verify(await sign())).toHaveProperty('subject')
    issuer.status = 200
  })
})

describe('the settings', () => {
  const needed = { DATABASE_URL: 'postgres://user@/db?host=/run', KEY_CHECKSUM_KEY: checksumKey.toString('hex') }
  const all = { USER_ISSUER: 'i', USER_AUDIENCE: 'a', USER_JWKS_URL: 'http://127.0.0.1/keys' }
  const usersOf = (settings: object) => commonConfig(commonSchema.parse({ ...needed, ...settings })).edge.users

  it('are all three or none', () => {
    expect(usersOf({})).toBeUndefined()
    expect(usersOf(all)).toEqual({
      issuer: 'i',
      audience: 'a',
      jwksUrl: 'http://127.0.0.1/keys',
      tenantClaim: 'tenant',
    })
    for (const name of Object.keys(all)) expect(() => usersOf({ ...all, [name]: undefined })).toThrow('all three')
  })

  it('may not name the issuer of service accounts, nor fetch keys in the clear in the cloud', () => {
    expect(() => usersOf({ ...all, OIDC_ISSUER: 'i' })).toThrow('USER_ISSUER')
    expect(() => usersOf({ ...all, K_SERVICE: 'feedback', PENSTOCK_TIER: 'standard' })).toThrow('https')
    expect(
      usersOf({ ...all, K_SERVICE: 'feedback', PENSTOCK_TIER: 'standard', USER_JWKS_URL: 'https://i/keys' }),
    ).toBeDefined()
  })
})
