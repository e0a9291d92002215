/** One measured value of a series at an instant. Partitioned by UTC month of `ts`; partitions are never named in a query. */
export interface MetricPointTable {
  readonly tenant_id: number
  readonly series_id: number
  /** As PostgreSQL prints it in UTC, with up to six digits of fraction: shared/base/time.ts reads it. */
  readonly ts: string
  value: number
}
