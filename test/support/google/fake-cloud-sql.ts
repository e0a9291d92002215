// A Cloud SQL instance from the connector's point of view: the Admin API, which signs client certificates, and the proxy on port 3307,
// which accepts only these, in front of a real PostgreSQL.
// https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4/connect/get, …/connect/generateEphemeralCert
import { randomInt } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server, type TLSSocket } from 'node:tls'
import { startServer } from '../http/http.ts'
import { type Authority, createAuthority } from '../postgres/certificates.ts'
import type { FakeMetadataServer } from './fake-metadata-server.ts'

export interface FakeCloudSql {
  /** `project:region:instance`. */
  readonly instance: string
  /** URL of the Admin API. */
  readonly adminEndpoint: string
  /** Number of signed certificates. */
  issued: number
  /** The status of every answer of the Admin API; undefined to work normally. */
  refuses: number | undefined
  privateAddress: boolean
  /** The proxy's reaction to an expired certificate: the real one has been observed to do either. */
  expiredCertificate: 'hang up' | 'refuse the login'
  stop(): Promise<void>
}

export interface CloudSqlOptions {
  readonly metadata: FakeMetadataServer
  readonly now: () => number
  /** PostgreSQL's socket; pg_hba.conf decides who may log in through it. */
  readonly socketPath: string
}

const ADMIN = 'https://www.googleapis.com/auth/sqlservice.admin'
const LOGIN = 'https://www.googleapis.com/auth/sqlservice.login'
/** The connector always uses this port. */
const PORT = 3307
const CERTIFICATE_MS = 3_600_000
const PROJECT = 'test-project'
const NAME = 'main'
const REGION = 'europe-west1'

export async function startCloudSql(options: CloudSqlOptions): Promise<FakeCloudSql> {
  const [server, client] = [await createAuthority('the instance'), await createAuthority('client certificates')]
  // Other test runs on this machine have an instance too, and the port is fixed, so each gets another address. macOS has no other
  // loopback address.
  const address =
    process.platform === 'linux' ? `127.${randomInt(1, 255)}.${randomInt(255)}.${randomInt(2, 255)}` : '127.0.0.1'
  const state: FakeCloudSql = {
    instance: `${PROJECT}:${REGION}:${NAME}`,
    adminEndpoint: '',
    issued: 0,
    refuses: undefined,
    privateAddress: true,
    expiredCertificate: 'hang up',
    stop: async () => {},
  }
  const proxy = await startProxy(state, options, server, client, address)
  const admin = await startServer(
    createServer((request, response) => {
      void answer(state, options, { server, client, address }, request).then(([status, body]) => {
        const error = status >= 400 ? { error: { code: status, message: String(body), errors: [] } } : body
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(error))
      })
    }),
  )
  return Object.assign(state, {
    adminEndpoint: `${admin.url}/`,
    async stop() {
      await admin.stop()
      await proxy.stop()
    },
  })
}

interface Instance {
  readonly server: Authority
  readonly client: Authority
  readonly address: string
}

async function answer(
  state: FakeCloudSql,
  { metadata, now }: CloudSqlOptions,
  { server, client, address }: Instance,
  request: IncomingMessage,
): Promise<[number, unknown]> {
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '')
  if (metadata.accountOf(token, ADMIN) === undefined) return [401, 'Request had invalid authentication credentials.']
  if (state.refuses !== undefined) return [state.refuses, 'boss::NOT_AUTHORIZED']
  const path = `/sql/v1beta4/projects/${PROJECT}/instances/${NAME}`
  if (request.method === 'GET' && request.url === `${path}/connectSettings`) {
    const serverCaCert = {
      kind: 'sql#sslCert',
      cert: server.pem,
      expirationTime: '2036-01-01T00:00:00.000Z',
      instance: NAME,
    }
    const own = { type: 'PRIVATE', ipAddress: address }
    const open = { type: 'PRIMARY', ipAddress: '192.0.2.1' }
    const ipAddresses = state.privateAddress ? [open, own] : [open]
    const databaseVersion = 'POSTGRES_15'
    return [200, { kind: 'sql#connectSettings', region: REGION, databaseVersion, ipAddresses, serverCaCert }]
  }
  if (request.method === 'POST' && request.url === `${path}:generateEphemeralCert`) {
    const { public_key, access_token } = (await bodyOf(request)) as { public_key: string; access_token?: string }
    const account = access_token === undefined ? 'nobody' : metadata.accountOf(access_token, LOGIN)
    if (account === undefined) return [400, 'Invalid access token.']
    state.issued++
    const cert = await client.certify(public_key, account, new Date(now() + CERTIFICATE_MS))
    return [200, { ephemeralCert: { kind: 'sql#sslCert', cert, instance: NAME } }]
  }
  return [404, 'The Cloud SQL instance does not exist.']
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString())
}

async function startProxy(
  state: FakeCloudSql,
  { now, socketPath }: CloudSqlOptions,
  server: Authority,
  client: Authority,
  address: string,
): Promise<{ stop(): Promise<void> }> {
  const { pem, key } = await server.issue(`${PROJECT}:${NAME}`)
  const mutual = { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' } as const
  const proxy: Server = createTlsServer({ ...mutual, cert: pem, key, ca: client.pem }, (socket) => {
    open.add(socket)
    socket.on('error', () => {})
    const { subject, valid_to } = socket.getPeerCertificate()
    const expired = Date.parse(valid_to) <= now()
    if (expired && state.expiredCertificate === 'hang up') socket.destroy()
    else socket.once('data', (startup: Buffer) => pass(socket, startup, expired ? undefined : subject.CN, socketPath))
  })
  const open = new Set<TLSSocket>()
  await new Promise<void>((resolve) => proxy.listen(PORT, address, resolve))
  return {
    async stop() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}

/** An IAM user is admitted only by a certificate that was signed for its account; every other user by password. */
function pass(socket: TLSSocket, startup: Buffer, account: string | string[] | undefined, socketPath: string): void {
  const user = /\0user\0([^\0]+)\0/.exec(`\0${startup.subarray(8).toString()}`)?.[1] ?? ''
  if (user.includes('@') && account !== `${user}.gserviceaccount.com`) {
    socket.end(fatal('28P01', `Cloud SQL IAM service account authentication failed for user "${user}"`))
    return
  }
  const inner: Socket = connect(socketPath)
  inner.on('error', () => socket.destroy())
  inner.on('close', () => socket.destroy())
  socket.on('close', () => inner.destroy())
  inner.write(startup)
  socket.pipe(inner).pipe(socket)
}

/** Makes an ErrorResponse: https://www.postgresql.org/docs/15/protocol-message-formats.html */
function fatal(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`)
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + fields.length)
  return Buffer.concat([Buffer.from('E'), length, fields])
}
