// The topic that takes the suite's own numbers. Its subscription pushes them to ingest, as points of the tenant `penstock`.
import { type AccessTokens, metadataTokens } from '@penstock/shared/database/access-token.ts'

export interface Topic {
  /** Publishes points as one message. @throws {Error} when the topic did not take it within 10 s. */
  publish(points: readonly object[]): Promise<void>
}

export interface TopicOptions {
  /** `projects/PROJECT/topics/TOPIC`. */
  readonly name: string
  /** Address of Pub/Sub, which then needs no token; Google's when absent. */
  readonly endpoint: string | undefined
  readonly metadataHost: string
  readonly now: () => number
}

const GOOGLE = 'https://pubsub.googleapis.com'
const SCOPE = 'https://www.googleapis.com/auth/pubsub'
const TIMEOUT_MS = 10_000

/** Opens a topic by the REST API, because one request a minute needs no client of its own. Nothing is connected before the first call. */
export function openTopic({ name, endpoint, metadataHost: host, now }: TopicOptions): Topic {
  const tokens = endpoint === undefined ? metadataTokens({ host, scope: SCOPE, timeoutMs: TIMEOUT_MS, now }) : undefined
  return {
    async publish(points) {
      const data = Buffer.from(JSON.stringify(points)).toString('base64')
      const answer = await fetch(`${endpoint ?? GOOGLE}/v1/${name}:publish`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(await authorization(tokens)) },
        body: JSON.stringify({ messages: [{ data }] }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      await answer.arrayBuffer()
      if (!answer.ok) throw new Error(`the topic answered ${answer.status}`)
    },
  }
}

async function authorization(tokens: AccessTokens | undefined): Promise<Record<string, string>> {
  return tokens ? { authorization: `Bearer ${await tokens.get()}` } : {}
}
