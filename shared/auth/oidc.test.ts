import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import { exportJWK, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer } from '../../test/support/http/http.ts'
import { tokenIssuer, tokenPart } from '../../test/support/http/token-issuer.ts'
import { Problem } from '../base/problem.ts'
import { idTokenVerifier } from './oidc.ts'

const now = 1_800_000_000
const email = 'scheduler@project.iam.gserviceaccount.com'
const claims = {
  iss: 'https://issuer.example',
  aud: 'penstock/project/metrics-ingest',
  sub: '1234567890',
  email,
  email_verified: true,
  iat: now - 10,
  exp: now + 3600,
}
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })

const issuer = tokenIssuer(claims)

beforeAll(async () => {
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  await issuer.start([jwk])
})
afterAll(async () => await issuer.stop())

function verifier(change: { audience?: string | undefined; emails?: string[]; jwksUrl?: string } = {}) {
  const oidc = { issuer: claims.iss, jwksUrl: issuer.url, audience: claims.aud, emails: [email], ...change }
  return idTokenVerifier({ clock: () => now * 1000, oidc })
}

async function sign(
  change: JWTPayload = {},
  key: KeyObject = privateKey,
  header = { alg: 'RS256', kid: 'one' },
): Promise<string> {
  return await new SignJWT(issuer.claimsWith(change)).setProtectedHeader(header).sign(key)
}

describe('an ID token', () => {
  it('of a listed service account is verified', async () => {
    expect(await verifier()(await sign())).toEqual({ email })
  })

  it.each<[string, JWTPayload, string]>([
    ['another issuer', { iss: 'https://evil.example' }, '"iss"'],
    ['no issuer', { iss: undefined as never }, '"iss"'],
    ['another audience', { aud: 'penstock/project/metrics-query' }, '"aud"'],
    ['no audience', { aud: undefined as never }, '"aud"'],
    ['an expiry that has passed', { exp: now - 6 }, '"exp"'],
    ['no expiry', { exp: undefined as never }, '"exp"'],
    ['a beginning that has not come', { nbf: now + 6 }, '"nbf"'],
    ['no subject', { sub: undefined as never }, '"sub"'],
    ['no e-mail address', { email: undefined }, '"email"'],
    ['an e-mail address that is no text', { email: [email] }, 'names no e-mail address'],
    ['an e-mail address that is not verified', { email_verified: false }, 'not verified'],
    ['an e-mail address of which nothing is said', { email_verified: undefined }, 'not verified'],
    ['an e-mail address verified by a text', { email_verified: 'true' }, 'not verified'],
    ['an e-mail address that is not listed', { email: 'thief@project.iam.gserviceaccount.com' }, 'not in OIDC_EMAILS'],
  ])('with %s is refused', async (_what, change, reason) => {
    expect(await verifier()(await sign(change))).toEqual({ refused: expect.stringContaining(reason) })
  })

  it('may be five seconds late or early, since clocks differ', async () => {
    expect(await verifier()(await sign({ exp: now - 4 }))).toEqual({ email })
    expect(await verifier()(await sign({ nbf: now + 5 }))).toEqual({ email })
  })

  it('signed with another key is refused', async () => {
    expect(await verifier()(await sign({}, stranger.privateKey))).toEqual({
      refused: expect.stringContaining('SIGNATURE'),
      forged: true,
    })
  })

  it('signed with a key that the issuer does not have is refused', async () => {
    const token = await sign({}, stranger.privateKey, { alg: 'RS256', kid: 'two' })
    expect(await verifier()(token)).toEqual({ refused: expect.stringContaining('NO_MATCHING_KEY'), forged: true })
  })

  it('without a signature, of alg none, is refused', async () => {
    for (const alg of ['none', 'None', 'NONE']) {
      expect(await verifier()(issuer.forge({ alg }, () => ''))).toEqual({
        refused: expect.stringContaining('ALG_NOT_ALLOWED'),
        forged: true,
      })
    }
  })

  it('of HS256, whose secret is the public key, is refused', async () => {
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    const token = issuer.forge({ alg: 'HS256', kid: 'one' }, (signed) =>
      createHmac('sha256', pem).update(signed).digest('base64url'),
    )
    expect(await verifier()(token)).toEqual({ refused: expect.stringContaining('ALG_NOT_ALLOWED'), forged: true })
  })

  it('of another RSA algorithm is refused', async () => {
    expect(await verifier()(await sign({}, privateKey, { alg: 'RS512', kid: 'one' }))).toEqual({
      refused: expect.stringContaining('ALG_NOT_ALLOWED'),
      forged: true,
    })
  })

  it('that brings its own key is refused', async () => {
    const jwk = await exportJWK(stranger.publicKey)
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'one', jwk })
      .sign(stranger.privateKey)
    expect(await verifier()(token)).toEqual({ refused: expect.any(String), forged: true })
  })

  it('with a claim changed afterwards is refused', async () => {
    const [header, , signature] = (await sign()).split('.')
    const token = `${header}.${tokenPart({ ...claims, sub: '1' })}.${signature}`
    expect(await verifier()(token)).toEqual({ refused: expect.stringContaining('SIGNATURE'), forged: true })
  })

  it('whose signature the platform removed is refused with the cure', async () => {
    const token = (await sign()).replace(/[^.]+$/, 'SIGNATURE_REMOVED_BY_GOOGLE')
    expect(await verifier()(token)).toEqual({ refused: expect.stringContaining('allUsers') })
  })

  it('is refused unread when it is longer than any of theirs', async () => {
    const padded = async (length: number): Promise<string> => await sign({ padding: 'x'.repeat(length) })
    const room = 4096 - (await padded(0)).length
    // Three bytes of a claim are four characters of the token.
    const fits = await padded(Math.floor((room * 3) / 4))
    expect(fits.length).toBeGreaterThan(4090)
    expect(fits.length).toBeLessThanOrEqual(4096)
    expect(await verifier()(fits)).toEqual({ email })
    expect(await verifier()(await padded(Math.floor((room * 3) / 4) + 3))).toEqual({ refused: 'the token is too long' })
  })

  it.each(['..', 'a.b.c', '....', 'e30.e30.e30'])('that is none is refused: %.20s', async (token) => {
    expect(await verifier()(token)).toEqual({ refused: expect.any(String), forged: true })
  })

  it('is refused where no audience is configured, whatever it says', async () => {
    expect(await verifier({ audience: undefined })(await sign())).toEqual({ refused: 'no audience is configured' })
    expect(await verifier({ audience: undefined })(await sign({ aud: undefined as never }))).toEqual({
      refused: 'no audience is configured',
    })
  })

  it('is refused where no account is listed', async () => {
    expect(await verifier({ emails: [] })(await sign())).toEqual({
      refused: expect.stringContaining('not in OIDC_EMAILS'),
    })
  })
})

describe("the issuer's keys", () => {
  it('are fetched once for many tokens', async () => {
    const verify = verifier()
    const tokens = await Promise.all(Array.from({ length: 10 }, () => sign()))
    const before = issuer.asked
    await Promise.all(tokens.map(verify))
    await verify(await sign({}, privateKey, { alg: 'RS256', kid: 'unknown' }))
    expect(issuer.asked - before).toBe(1)
  })

  it('are not asked for where the token cannot be right', async () => {
    const before = issuer.asked
    await verifier()(issuer.forge({ alg: 'none' }, () => ''))
    await verifier({ audience: undefined })(await sign())
    expect(issuer.asked).toBe(before)
  })

  it.each([
    ['answers an error', { status: 500, body: '{}' }],
    ['redirects', { status: 302, body: '' }],
    ['answers no JSON', { status: 200, body: '<html>' }],
    ['answers no key set', { status: 200, body: '{"keys":1}' }],
  ])('make it 503, not 401, while the issuer %s', async (_what, answer) => {
    const healthy = { ...issuer }
    const verify = verifier()
    Object.assign(issuer, answer)
    try {
      const failure = await verify(await sign()).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(Problem)
      expect(failure).toMatchObject({ kind: { status: 503 }, headers: { 'retry-after': '1' } })
    } finally {
      Object.assign(issuer, { status: healthy.status, body: healthy.body })
    }
    expect(await verify(await sign())).toEqual({ email })
  })

  it('make it 503 while the issuer cannot be reached', async () => {
    const failure = await verifier({ jwksUrl: 'http://127.0.0.1:1/certs' })(await sign()).catch(
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ kind: { status: 503 } })
  })

  it('make it 503 within 5 s while the issuer is silent', async () => {
    const silent = await startServer(createServer(() => {}))
    const begun = performance.now()
    const failure = await verifier({ jwksUrl: silent.url })(await sign()).catch((error: unknown) => error)
    expect(failure).toMatchObject({ kind: { status: 503 } })
    expect(performance.now() - begun).toBeLessThan(6_000)
    await silent.stop()
  })
})
