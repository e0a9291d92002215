// The one connection to Redis. It is opened on first use, closed at the first failure, and reopened in the background.

import { logger } from '../base/logger.ts'
import { answerWithin } from '../base/timeout.ts'
import type { CacheConfig } from '../config/cache-config.ts'

type RedisConfig = NonNullable<CacheConfig['redis']>

export interface RedisClient {
  sendCommand(parts: readonly string[]): Promise<unknown>
  destroy(): void
}

export interface RedisConnection {
  /**
   * Returns undefined when Redis cannot be used now. The first callers wait while the connection is opened; after a failure nobody waits.
   */
  use(): Promise<RedisClient | undefined>
  /** Reports that a caller waited without an answer, on this client if there was one. */
  gaveUp(client: RedisClient | undefined, why: unknown): void
  close(): void
}

export interface RedisConnectionDeps {
  readonly config: RedisConfig
  /** A monotonic clock in milliseconds. */
  readonly elapsed: () => number
  /** Maximum milliseconds for an answer. */
  readonly limitMs: number
}

const CONNECT_MS = 1_000
/** After a failure Redis is not tried again for this long. */
const PAUSE_MS = 1_000

export function redisConnection({ config, elapsed, limitMs }: RedisConnectionDeps): RedisConnection {
  let client: RedisClient | undefined
  let opening: Promise<void> | undefined
  let retryAt = Number.NEGATIVE_INFINITY
  const tell = teller()
  /** True while a request may still wait for the connection that is being opened. */
  let patient = true
  let closed = false

  function gaveUp(lost: RedisClient | undefined, why: unknown): void {
    patient = false
    if (lost !== client) return
    // Later events of this client are ignored: a new connection does not depend on them.
    client?.destroy()
    client = undefined
    if (opening && lost === undefined) return
    retryAt = elapsed() + PAUSE_MS
    if (!closed) tell.down(why)
  }

  async function open(): Promise<void> {
    try {
      const opened = await connect(config, limitMs, (lost, why) => {
        if (lost === client) gaveUp(lost, why)
      })
      if (closed) return opened.destroy()
      client = opened
      tell.up()
      patient = true
    } catch (error) {
      opening = undefined
      gaveUp(undefined, error)
    }
  }

  return {
    gaveUp,
    async use() {
      if (client || closed) return client
      if (!opening) {
        if (elapsed() < retryAt) return undefined
        opening = open().finally(() => {
          opening = undefined
        })
      }
      if (patient) await opening
      return client
    },
    close() {
      closed = true
      client?.destroy()
      client = undefined
    },
  }
}

/** Logs one line when Redis is down and one when it is back, however often it was tried in between. */
function teller() {
  let isDown = false
  return {
    down(why: unknown): void {
      if (!isDown) logger.warn({ err: why }, 'cache.redis_down')
      isDown = true
    },
    up(): void {
      if (isDown) logger.info('cache.redis_up')
      isDown = false
    },
  }
}

/** Opens a connection that has answered a PING within the limit. `onLost` is called when it ends. The package is loaded on first use. */
async function connect(
  { url, ca }: RedisConfig,
  limitMs: number,
  onLost: (lost: RedisClient, why: unknown) => void,
): Promise<RedisClient> {
  const { createClient } = await import('redis')
  const tls = ca === undefined ? {} : { tls: true as const, ca, checkServerIdentity: () => undefined }
  const client = createClient({
    url,
    socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false, ...tls },
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
  })
  client.on('error', (error: unknown) => onLost(client, error))
  client.on('end', () => onLost(client, new Error('the connection ended')))
  try {
    await answerWithin(CONNECT_MS, client.connect(), 'connection')
    await answerWithin(limitMs, client.ping())
    return client
  } catch (error) {
    client.destroy()
    throw error
  }
}
