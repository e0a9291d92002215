// Runs scripts on Redis. No call waits longer than 200 ms, and none throws.

import { answerWithin } from '../base/timeout.ts'
import { type RedisClient, type RedisConnectionDeps, redisConnection } from './redis-connection.ts'
import type { RedisScript } from './redis-scripts.ts'

export type RedisAnswer = { readonly value: unknown } | { readonly refused: string }

export interface RedisLink {
  /**
   * Returns the result of a script, or the reason why Redis refused it; undefined when there is no answer in time, or while Redis is not
   * tried.
   */
  run(script: RedisScript, key: string, parameters: readonly string[]): Promise<RedisAnswer | undefined>
  close(): void
}

export type RedisLinkDeps = Omit<RedisConnectionDeps, 'limitMs'> & { readonly limitMs?: number }

const LIMIT_MS = 200
/** Errors that concern one command or key. Any other error (LOADING, READONLY, …) is a failure of the server itself. */
const REFUSAL = /^(OOM|WRONGTYPE|ERR|MISCONF)\b/

export function redisLink({ limitMs = LIMIT_MS, ...deps }: RedisLinkDeps): RedisLink {
  const connection = redisConnection({ ...deps, limitMs })
  return {
    async run(script, key, parameters) {
      let asked: RedisClient | undefined
      const ask = async (): Promise<RedisAnswer | undefined> => {
        asked = await connection.use()
        return asked && (await answerOf(asked, script, key, parameters))
      }
      return await answerWithin(limitMs, ask()).catch((error: unknown) => {
        connection.gaveUp(asked, error)
        return undefined
      })
    },
    close: () => connection.close(),
  }
}

/** Returns the server's answer. @throws the error of the server or the connection. */
async function answerOf(
  client: RedisClient,
  { source, sha1 }: RedisScript,
  key: string,
  parameters: readonly string[],
): Promise<RedisAnswer> {
  const evaluate = async (command: string, script: string): Promise<unknown> =>
    await client.sendCommand([command, script, '1', key, ...parameters])
  try {
    return { value: await evaluate('EVALSHA', sha1).catch(loadedBy(async () => await evaluate('EVAL', source))) }
  } catch (error) {
    const { message } = error as Error
    if (REFUSAL.test(message)) return { refused: message }
    throw error
  }
}

/**
 * Runs a script by its hash. Redis knows the hash once the script has run there, and forgets it when it restarts; then the script is sent
 * again.
 */
const loadedBy = (load: () => Promise<unknown>) => async (error: Error) => {
  if (!error.message.startsWith('NOSCRIPT')) throw error
  return await load()
}
