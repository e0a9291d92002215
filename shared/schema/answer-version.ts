/** The version of a tenant's stored points below the fence. Triggers write it, so no change is missed. */
export interface AnswerVersionTable {
  readonly tenant_id: number
  /** Increases with each change; a bigint, which the driver returns as text. */
  version: string
}
