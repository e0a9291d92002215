import type { JSONColumnType } from 'kysely'

/** The outcome of a request, as far as it cannot be derived again from its payload. */
export interface IdempotencyKeyTable {
  readonly tenant_id: number
  readonly key: string
  payload_sha256: Buffer
  verdicts: JSONColumnType<Record<string, unknown>>
  expires_at: string
}
