// Names of objects of metrics in the archive's bucket.

/** Returns the name of the object of a tenant's month, which does not depend on its content; readers see a Hive partition. */
export const monthObjectName = (tenant: string, month: string): string =>
  `metrics/tenant=${tenant}/month=${month}/part-0.parquet`

/** Where objects under a legal hold are kept that others have replaced, outside the folders that readers read. */
export const HELD = 'held/'

/** Returns the name of what is kept of a tenant's month under a legal hold, by its content. */
export const heldName = (tenant: string, month: string, contentHash: string): string =>
  `${HELD}tenant=${tenant}/month=${month}/${contentHash}.parquet`

/** The prefix of the names that runs upload to. */
export const STAGING = 'staging/'

/** Returns the name of a run's content before it comes into place, outside the folders that readers read. */
export const stagingName = (run: string): string => `${STAGING}${run}.parquet`
