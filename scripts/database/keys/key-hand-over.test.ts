import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { checksumKey } from '../../../test/support/http/api-keys.ts'
import { type RunningServer, startServer } from '../../../test/support/http/http.ts'
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres/database.ts'
import { createKeyInSecret } from './key-hand-over.ts'
import { isKeyUsable, listKeys } from './key-store.ts'
import { addSecretVersion, secretDepsOf } from './secret-store.ts'

const WANTED = { tenant: 'acme', scopes: ['metrics:write'], expiresInDays: null }

let db: TestDatabase
let client: Client
let google: RunningServer
/** Values by the secret's name; a secret that is not in here does not exist. */
let secrets: Map<string, string[]>

beforeAll(async () => {
  db = await createTestDatabase()
  client = await db.connect()
})

afterAll(async () => {
  await client.end()
  await db.drop()
})

beforeEach(async () => {
  secrets = new Map([['first-key', []]])
  google = await startServer(secretManager())
})

afterEach(async () => {
  await google.stop()
})

const depsOf = (token = 'good') => ({
  client,
  randomBytes,
  checksumKey,
  tokens: { get: async () => token },
  project: 'example-project',
  endpoint: google.url,
})

test('the key that is in the secret is the one that works', async () => {
  const { version } = await createKeyInSecret(depsOf(), WANTED, 'first-key')

  expect(version).toBe('projects/example-project/secrets/first-key/versions/1')
  const [key = ''] = secrets.get('first-key') ?? []
  expect(await isKeyUsable({ client, checksumKey }, key, WANTED)).toBe(true)
})

test('a key that nobody could be given is revoked', async () => {
  await expect(createKeyInSecret(depsOf(), WANTED, 'no-such-secret')).rejects.toThrow(
    'projects/example-project/secrets/no-such-secret takes no version: 404 no such secret',
  )

  expect((await listKeys(client))[0]?.revoked_at).not.toBeNull()
})

test('an account that may not add a version is told so, without the value', async () => {
  await expect(addSecretVersion(depsOf('other'), 'first-key', 'pk_secret')).rejects.toThrow(
    /^projects\/example-project\/secrets\/first-key takes no version: 403 permission denied$/,
  )
  expect(secrets.get('first-key')).toEqual([])
})

test.each(['a/b', '', 'ü', 'x'.repeat(256)])('%j is no name of a secret', async (name) => {
  await expect(addSecretVersion(depsOf(), name, 'value')).rejects.toThrow('a secret has 1 to 255 characters')
})

test('without a project there is nowhere to write to', () => {
  expect(() => secretDepsOf({})).toThrow('GOOGLE_CLOUD_PROJECT is not set')
})

/** As strict as https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/addVersion */
function secretManager() {
  return createServer((request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const refuse = (status: number, message: string) => answer(status, { error: { code: status, message } })
    const name = /^\/v1\/projects\/example-project\/secrets\/([A-Za-z0-9_-]+):addVersion$/.exec(request.url ?? '')?.[1]
    if (request.method !== 'POST' || name === undefined) return refuse(404, 'not found')
    if (request.headers.authorization !== 'Bearer good') return refuse(403, 'permission denied')
    const values = secrets.get(name)
    if (!values) return refuse(404, 'no such secret')
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { payload } = JSON.parse(Buffer.concat(chunks).toString()) as { payload: { data: string } }
      const version = values.push(Buffer.from(payload.data, 'base64').toString())
      answer(200, { name: `projects/example-project/secrets/${name}/versions/${version}`, state: 'ENABLED' })
    })
    return undefined
  })
}
