// Idempotency keys: the header, the payload's fingerprint, and writes that return the first answer however often they are sent.
import { createHash } from 'node:crypto'
import type { Transaction } from 'kysely'
import { keyInUse, keyReused, Problem } from '../base/problem.ts'
import { invalidRequest } from '../http/validation.ts'
import type { Database } from '../schema/index.ts'
import { claimKeys, readKeys, rememberKeys } from './idempotency-queries.ts'

export interface IdempotencyKey {
  readonly key: string
  /** SHA-256 over the operation and the body, in hexadecimal. */
  readonly payload: string
}

const MAX_KEY_LENGTH = 255

/**
 * Reads `Idempotency-Key`; null when it is absent. `what` is part of the fingerprint: the route, and everything else that changes the
 * operation.
 * @throws {Problem} 422 unless it is 1 to 255 visible ASCII characters.
 */
export function readIdempotencyKey(
  header: string | string[] | undefined,
  what: string,
  body: Buffer,
): IdempotencyKey | null {
  if (header === undefined) return null
  const key = Array.isArray(header) ? header.join(',') : header
  if (key.length === 0 || key.length > MAX_KEY_LENGTH || !/^[\x21-\x7e]+$/.test(key)) {
    throw invalidRequest([
      { pointer: 'Idempotency-Key', detail: `must be 1 to ${MAX_KEY_LENGTH} visible ASCII characters` },
    ])
  }
  return { key, payload: createHash('sha256').update(`${what}\n`).update(body).digest('hex') }
}

/** The problem for a request whose key was sent before with another payload, or by a request that is still in progress. */
export function keyRefused(why: 'mismatch' | 'running'): Problem {
  return why === 'mismatch'
    ? new Problem(keyReused, 'This Idempotency-Key was sent with another payload before.')
    : new Problem(keyInUse, 'A request with this Idempotency-Key is still running.', { retryAfter: 1 })
}

/**
 * Does a write and stores its answer under the key for 24 hours, in the same transaction. A repetition gets that answer and writes
 * nothing. Without a key it only does the write. The answer may have up to 16 KiB of JSON.
 * @throws {Problem} 422 or 409 for a key that was used with another payload or is in use; any error of `write`, and then nothing is
 * stored.
 */
export async function answerOnce<Answer extends object>(
  tx: Transaction<Database>,
  tenantId: number,
  idempotency: IdempotencyKey | null,
  write: () => Promise<Answer>,
): Promise<Answer> {
  if (!idempotency) return await write()
  const { key, payload } = idempotency
  const claimed = await claimKeys(tx, tenantId, [key])
  if (!claimed.has(key)) throw keyRefused('running')
  const [remembered] = await readKeys(tx, tenantId, [key])
  if (remembered) {
    if (remembered.payload !== payload) throw keyRefused('mismatch')
    return remembered.verdicts as Answer
  }
  const answer = await write()
  await rememberKeys(tx, tenantId, [{ key, payload, verdicts: { ...answer } as Record<string, unknown> }])
  return answer
}
