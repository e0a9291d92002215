/** Which state of a tenant's stored points is the newest, below the fence: written by triggers, so that no change is forgotten. */
export interface AnswerVersionTable {
  readonly tenant_id: number
  /** Rises with each change: a bigint, which the driver gives as text. */
  version: string
}
