// One slice behind its front, called by keys of two tenants and by users of the first, for tests of who sees what.
import { randomBytes } from 'node:crypto'
import { tenantScopes } from '@penstock/shared/base/scopes.ts'
import { createListener } from '@penstock/shared/http/edge.ts'
import type { Slice } from '@penstock/shared/slice/define-slice.ts'
import { openDeployment, readSettings } from '@penstock/shared/slice/deployment.ts'
import { createKey } from '../../../scripts/database/keys/key-store.ts'
import { startUserIssuer, USER_AUDIENCE } from '../../../scripts/local/issuers/user-issuer.ts'
import { createTestDatabase } from '../postgres/database.ts'
import { checksumKey } from './api-keys.ts'
import { startFront } from './http.ts'

const TENANT = 'own'
const TIMEOUT_MS = 60_000

export interface Sent {
  readonly json?: unknown
  readonly body?: string | FormData
  readonly headers?: Readonly<Record<string, string>>
  /** The credential; default: the key of the tenant `own`. */
  readonly as?: string
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined without a body. */
  readonly json: never
}

/** Opens a slice with the tenants `own` and `other`, and a key with every scope for each. `settings` are further settings. */
export async function openPeopleSlice(slice: Slice, settings: Readonly<Record<string, string>> = {}) {
  const database = await createTestDatabase()
  const client = await database.connect()
  const keyOf = async (tenant: string): Promise<string> =>
    (await createKey({ client, randomBytes, checksumKey }, { tenant, scopes: tenantScopes, expiresInDays: null })).key
  const keys = { own: await keyOf(TENANT), other: await keyOf('other') }
  const tenants = await database.query<{ id: number; name: string }>('select id, name from tenant')
  await client.end()
  const users = await startUserIssuer({ clock: Date.now })
  const config = readSettings([slice], {
    DATABASE_URL: database.urlOf(slice.name),
    KEY_CHECKSUM_KEY: checksumKey.toString('hex'),
    CURSOR_KEY: '03'.repeat(32),
    USER_ISSUER: users.issuer,
    USER_AUDIENCE,
    USER_JWKS_URL: users.jwksUrl,
    ...settings,
  })
  const service = openDeployment(slice.name, [slice], config)
  const front = await startFront(createListener(slice.name, service))

  const ask = async (method: string, path: string, sent: Sent = {}): Promise<Answered> => {
    const { json, headers = {}, as = keys.own } = sent
    const body = json === undefined ? sent.body : JSON.stringify(json)
    const response = await fetch(front.url + path, {
      method,
      headers: {
        authorization: `Bearer ${as}`,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: (text === '' ? undefined : JSON.parse(text)) as never,
    }
  }
  return {
    ask,
    keys,
    database,
    db: service.db,
    tenantId: tenants.find(({ name }) => name === TENANT)?.id ?? 0,
    /** A token of a user of the tenant `own`. */
    userOf: (subject: string): string => users.token(TENANT, subject),
    async close() {
      await front.stop()
      await service.db.close()
      await users.close()
      await database.drop()
    },
  }
}

/** Counts the answers by their status. */
export const tally = (answers: readonly Pick<Answered, 'status'>[]): Readonly<Record<number, number>> =>
  Object.fromEntries([...Map.groupBy(answers, ({ status }) => status)].map(([status, some]) => [status, some.length]))

/** The path in the `Link` to the next page. */
export const nextPath = ({ headers }: Pick<Answered, 'headers'>): string | undefined =>
  /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1]
