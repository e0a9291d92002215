// Names of metric objects, in the Hive layout that other programs can read.

/** Makes the name of an object from its content, so writing the same content again writes the same object. */
export function metricObjectName(tenant: string, month: string, contentHash: string): string {
  return `metrics/tenant=${tenant}/month=${month}/part-${contentHash}.parquet`
}
