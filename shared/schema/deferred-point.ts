import type { Generated } from 'kysely'

/** An accepted point whose month is not live. `id` is the order of acceptance. */
export interface DeferredPointTable {
  readonly id: Generated<string>
  readonly tenant_id: number
  readonly series_id: number
  readonly ts: string
  readonly value: number
  readonly accepted_at: Generated<string>
}
