// Names of objects of metrics in the archive's bucket.

/** The end of the names of months' objects. */
export const MONTH_OBJECT = '/part-0.parquet'

/** Returns the name of the object of a tenant's month, which does not depend on its content; readers see a Hive partition. */
export const monthObjectName = (tenant: string, month: string): string =>
  `metrics/tenant=${tenant}/month=${month}${MONTH_OBJECT}`

/** The prefix of replaced contents under a legal hold, outside the folders that readers read. */
export const HELD = 'held/'

/** Returns the name of a replaced content of a tenant's month under a legal hold. */
export const heldName = (tenant: string, month: string, contentHash: string): string =>
  `${HELD}tenant=${tenant}/month=${month}/${contentHash}.parquet`

/** The prefix of the names that runs upload to. */
export const STAGING = 'staging/'

/** The prefix of objects that no record knew after a restore of the database. No run removes them; the bucket's rule does. */
export const FOUND = `${STAGING}found/`

/** Returns the name of a run's content before it comes into place, outside the folders that readers read. */
export const stagingName = (run: string): string => `${STAGING}${run}.parquet`
