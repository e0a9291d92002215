import { idTokenVerifier } from '@penstock/shared/auth/oidc.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OidcIssuer, startOidcIssuer } from './oidc-issuer.ts'

const START = Date.parse('2026-11-20T12:00:00Z')
let now: number
let issuer: OidcIssuer

beforeEach(async () => {
  now = START
  issuer = await startOidcIssuer({ clock: () => now })
})

afterEach(async () => {
  await issuer.close()
})

test('its tokens pass the verification that functions do', async () => {
  expect(await verify(issuer.token('penstock/local/partitions', 'scheduler@local'))).toEqual({
    email: 'scheduler@local',
  })
})

test('a token for one function is refused by another', async () => {
  expect(await verify(issuer.token('penstock/local/metrics-query', 'scheduler@local'))).toHaveProperty('refused')
})

test('a token of another key is refused', async () => {
  const other = await startOidcIssuer({ clock: () => now })
  try {
    expect(await verify(other.token('penstock/local/partitions', 'scheduler@local'))).toHaveProperty('refused')
  } finally {
    await other.close()
  }
})

test('a token is used again until it has ten minutes to live, and has one hour at first', async () => {
  const first = issuer.token('penstock/local/partitions', 'scheduler@local')
  now = START + 2_999_000
  expect(issuer.token('penstock/local/partitions', 'scheduler@local')).toBe(first)
  now = START + 3_000_000
  expect(issuer.token('penstock/local/partitions', 'scheduler@local')).not.toBe(first)

  now = START + 3_599_000
  expect(await verify(first)).toHaveProperty('email')
  now = START + 3_606_000
  expect(await verify(first)).toHaveProperty('refused')
})

test('it tells where its keys are', async () => {
  const configuration = await (await fetch(`${issuer.issuer}/.well-known/openid-configuration`)).json()

  expect(configuration).toMatchObject({ issuer: issuer.issuer, jwks_uri: issuer.jwksUrl })
  expect((await fetch(`${issuer.issuer}/other`)).status).toBe(404)
})

const verify = (token: string) =>
  idTokenVerifier({
    clock: () => now,
    oidc: {
      issuer: issuer.issuer,
      jwksUrl: issuer.jwksUrl,
      audience: 'penstock/local/partitions',
      emails: ['scheduler@local'],
    },
  })(token)
