import { userVerifier } from '@penstock/shared/auth/user-token.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startUserIssuer, USER_AUDIENCE, type UserIssuer } from './user-issuer.ts'

let now = Date.parse('2026-11-20T12:00:00Z')
let users: UserIssuer

beforeEach(async () => {
  users = await startUserIssuer({ clock: () => now })
})

afterEach(async () => {
  await users.close()
})

const verify = async (token: string) => {
  const { issuer, jwksUrl } = users
  const settings = { issuer, jwksUrl, audience: USER_AUDIENCE, tenantClaim: 'tenant' }
  return await userVerifier({ clock: () => now, users: settings })?.verify(token)
}

test('its tokens pass the verification that functions do, for an hour', async () => {
  const token = users.token('acme', 'älice')
  expect(await verify(token)).toEqual({ subject: 'älice', tenant: 'acme' })
  now += 3_606_000
  expect(await verify(token)).toHaveProperty('refused')
})

test('a token is signed for whoever asks, and only for somebody', async () => {
  const asked = await fetch(`${users.signUrl}/token?tenant=acme&subject=alice%2Bbob`)
  expect(await verify(await asked.text())).toEqual({ subject: 'alice+bob', tenant: 'acme' })
  expect((await fetch(`${users.signUrl}/token?tenant=acme`)).status).toBe(404)
  expect((await fetch(`${users.issuer}/token?tenant=acme&subject=alice`)).status).toBe(404)
  expect((await fetch(`${users.issuer}/keys?x=1`)).status).toBe(200)
})
