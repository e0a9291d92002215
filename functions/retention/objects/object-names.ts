// Where objects of metrics are, readable by others as Hive partitions

/** A function of the content: writing it again is writing the same object. */
export function metricObjectName(tenant: string, month: string, contentHash: string): string {
  return `metrics/tenant=${tenant}/month=${month}/part-${contentHash}.parquet`
}
