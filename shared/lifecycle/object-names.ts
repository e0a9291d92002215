// Names of objects of metrics in the archive's bucket.

/** Where a tenant's month lies, whatever its content: readable by others as a Hive partition. */
export const monthObjectName = (tenant: string, month: string): string =>
  `metrics/tenant=${tenant}/month=${month}/part-0.parquet`

/** Beginning of the names of what runs upload. */
export const STAGING = 'staging/'

/** Where a run puts its content before it comes into place, outside of what readers of the folder look at. */
export const stagingName = (run: string): string => `${STAGING}${run}.parquet`
