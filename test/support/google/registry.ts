// A stand-in for a container registry: manifests and tokens as in https://distribution.github.io/distribution/spec/api/ and
// https://distribution.github.io/distribution/spec/auth/token/.
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { startServer } from '../http/http.ts'

export interface Registry {
  readonly host: string
  /** Each request with its status, without its query. */
  readonly requests: readonly string[]
  digest(name: string): string
  stop(): Promise<void>
}

interface RegistrySettings {
  /** False for a registry that leaves out the header with the digest. */
  readonly digests?: boolean
  /** False for one that gives nobody a token. */
  readonly tokens?: boolean
}

const SERVICE = 'registry.test'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const MANIFEST = /^\/v2\/([a-z\d]+(?:[._-][a-z\d]+)*(?:\/[a-z\d]+(?:[._-][a-z\d]+)*)*)\/manifests\/(\w[\w.-]{0,127})$/

/** Starts a registry with manifests by `repository:tag`. A token opens the one repository that was asked for, as with public registries. */
export async function openRegistry(
  manifests: Readonly<Record<string, string>>,
  { digests = true, tokens = true }: RegistrySettings = {},
): Promise<Registry> {
  const scopes = new Map<string, string>()
  const requests: string[] = []
  const digest = (name: string): string =>
    `sha256:${createHash('sha256')
      .update(manifests[name] ?? '')
      .digest('hex')}`

  function giveToken(url: URL): Answer {
    const scope = url.searchParams.get('scope') ?? ''
    if (!tokens || url.searchParams.get('service') !== SERVICE || !/^repository:[\w./-]+:pull$/.test(scope))
      return errorOf(403, 'DENIED')
    const token = randomBytes(16).toString('hex')
    scopes.set(`Bearer ${token}`, scope)
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }) }
  }
  function giveManifest(request: IncomingMessage, repository: string, tag: string): Answer {
    const scope = `repository:${repository}:pull`
    if (scopes.get(request.headers.authorization ?? '') !== scope) {
      const challenge = `Bearer realm="http://${request.headers.host}/token",service="${SERVICE}",scope="${scope}"`
      return errorOf(401, 'UNAUTHORIZED', { 'www-authenticate': challenge })
    }
    const name = `${repository}:${tag}`
    const body = manifests[name]
    // Without the type of an index, a registry sends one platform's manifest, which has another digest.
    if (body === undefined || !request.headers.accept?.includes(INDEX)) return errorOf(404, 'MANIFEST_UNKNOWN')
    return {
      status: 200,
      headers: { 'content-type': INDEX, ...(digests ? { 'docker-content-digest': digest(name) } : {}) },
      body,
    }
  }
  function answerTo(request: IncomingMessage): Answer {
    const url = new URL(request.url ?? '', 'http://registry')
    if (request.method === 'GET' && url.pathname === '/token') return giveToken(url)
    const [, repository, tag] = MANIFEST.exec(url.pathname) ?? []
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!isRead || repository === undefined || tag === undefined) return errorOf(404, 'NAME_INVALID')
    return giveManifest(request, repository, tag)
  }
  const { port, stop } = await startServer(
    createServer((request, response) => {
      const answer = answerTo(request)
      requests.push(`${request.method} ${request.url?.split('?')[0]} ${answer.status}`)
      send(response, answer, request.method === 'HEAD')
    }),
  )
  return { host: `127.0.0.1:${port}`, requests, digest, stop }
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const errorOf = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ errors: [{ code, message: code }] }),
})

function send(response: ServerResponse, { status, headers, body }: Answer, isHead: boolean): void {
  response.writeHead(status, { ...headers, 'docker-distribution-api-version': 'registry/2.0' })
  response.end(isHead ? undefined : body)
}
