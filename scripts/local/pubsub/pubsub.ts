// A local stand-in for pubsub.googleapis.com: topics.publish over REST, and topics with one push subscription each.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { closeServer, listenOnLoopback } from '../listen.ts'
import { createSecretPath, guarded } from '../stand-in.ts'
import { parsePublish } from './pubsub-message.ts'
import type { StoredMessage, Subscription } from './subscription.ts'

export interface PubsubDeps {
  readonly clock: () => number
  readonly project: string
  /** The subscription of each topic. */
  readonly topics: Readonly<Record<string, Subscription>>
  /** The secret path below which the server answers: every caller that knows it may publish. */
  readonly secretPath: string
}

const MAX_REQUEST_BYTES = 10 * 1024 * 1024

/** An error in the form of Google's APIs: https://cloud.google.com/apis/design/errors#http_mapping */
class ApiError extends Error {
  readonly code: number
  readonly status: string

  constructor(code: number, status: string, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** The service on loopback. */
export interface LocalPubsub {
  readonly url: string
  /** Adds a topic with its subscription. Until then its messages are refused. */
  add(topic: string, subscription: Subscription): void
  /** Closes the server. Safe to repeat. */
  close(): Promise<void>
}

/** Starts the server, without topics: their subscriptions push to functions, which are started later and may publish themselves. */
export async function startPubsub(deps: Pick<PubsubDeps, 'clock' | 'project'>): Promise<LocalPubsub> {
  const topics: Record<string, Subscription> = {}
  const secretPath = createSecretPath()
  const server = createPubsub({ ...deps, topics, secretPath })
  const url = `http://127.0.0.1:${await listenOnLoopback(server, 0)}${secretPath}`
  return {
    url,
    add: (topic, subscription) => void (topics[topic] = subscription),
    close: async () => await closeServer(server),
  }
}

/** Makes the server, not listening yet. A publish is answered when all its messages are accepted, or none. */
export function createPubsub(deps: PubsubDeps): Server {
  const nextId = messageIds(deps.clock)
  const listener: RequestListener = (request, response) => {
    publish(deps, nextId, request)
      .then((messageIds) => answer(request, response, 200, { messageIds }))
      .catch((error: unknown) => {
        const { code, status, message } =
          error instanceof ApiError ? error : new ApiError(500, 'INTERNAL', 'Internal error encountered.')
        answer(request, response, code, { error: { code, message, status } })
      })
  }
  return createServer(guarded(deps.secretPath, listener))
}

async function publish(deps: PubsubDeps, nextId: () => string, request: IncomingMessage): Promise<readonly string[]> {
  const [, project, topic] =
    /^\/v1\/projects\/([^/?]+)\/topics\/([^/:?]+):publish(?:\?|$)/.exec(request.url ?? '') ?? []
  if (request.method !== 'POST' || topic === undefined) throw new ApiError(404, 'NOT_FOUND', 'Not Found')
  const subscription = Object.hasOwn(deps.topics, topic) ? deps.topics[topic] : undefined
  if (project !== deps.project || !subscription) {
    throw new ApiError(404, 'NOT_FOUND', `Resource not found (resource=${topic}).`)
  }
  const messages = parsePublish(await readJson(request))
  if (typeof messages === 'string') throw new ApiError(400, 'INVALID_ARGUMENT', messages)
  const publishTime = new Date(deps.clock()).toISOString()
  const stored: readonly StoredMessage[] = messages.map((message) => ({ ...message, messageId: nextId(), publishTime }))
  if (!subscription.take(stored)) {
    throw new ApiError(429, 'RESOURCE_EXHAUSTED', 'The local subscription holds as many messages as it may.')
  }
  return stored.map((message) => message.messageId)
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // A body over the limit is still read to its end; otherwise the client would not see the answer.
    if (size <= MAX_REQUEST_BYTES) chunks.push(chunk)
  }
  if (size > MAX_REQUEST_BYTES) {
    throw new ApiError(400, 'INVALID_ARGUMENT', `Request payload size exceeds the limit: ${MAX_REQUEST_BYTES} bytes.`)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || '{}')
  } catch {
    throw new ApiError(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.')
  }
}

function answer(request: IncomingMessage, response: ServerResponse, status: number, body: unknown): void {
  request.resume()
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  response.end(JSON.stringify(body, null, 2))
}

/** Makes message ids of digits, like the service's: increasing, and not repeated by a later start. */
function messageIds(clock: () => number): () => string {
  let last = 0
  return () => {
    last = Math.max(last + 1, clock() * 1_000)
    return String(last)
  }
}
