import type { JSONColumnType } from 'kysely'

/** What was decided for a request, as far as its payload does not say it again. */
export interface IdempotencyKeyTable {
  readonly tenant_id: number
  readonly key: string
  payload_sha256: Buffer
  verdicts: JSONColumnType<Record<string, unknown>>
  expires_at: string
}
