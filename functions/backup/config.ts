// The settings of this function.
import { archiveSettings, wholeNumberSetting } from '@penstock/shared/config/config.ts'
import { metadataHost, trustedUrl } from '@penstock/shared/config/trusted-url.ts'
import { jobPatience } from '@penstock/shared/jobs/scheduled.ts'
import type { SettingsOf } from '@penstock/shared/slice/define-slice.ts'
import { z } from 'zod'

export const settings = {
  /** `project:instance` of Cloud SQL. When it is absent, the database has no backups, and a run is refused. */
  BACKED_UP_INSTANCE: z
    .string()
    .regex(/^[^:\s]+(:[^:\s]+)?:[^:\s]+$/, 'must be project:instance')
    .optional(),
  /** The bucket of exports, which deletes them after `BACKUP_EXPORT_DAYS`. */
  BACKUP_BUCKET: z.string().min(3).default('penstock-backups'),
  BACKUP_EXPORT_DAYS: wholeNumberSetting(30, 1, 3_650),
  /** The names of test instances begin with it, and only such instances are deleted. */
  BACKUP_TEST_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,60}-$/, 'must be lower-case letters, digits and hyphens, with a hyphen at its end')
    .default('penstock-verify-'),
  /** Hours after which a verification takes a backup instead of using an older one; with 0 only when there is none. */
  BACKUP_TAKE_HOURS: wholeNumberSetting(0, 0, 168),
  /** Address of the Cloud SQL Admin API, which then needs no token; Google's when absent. */
  BACKUP_ADMIN_ENDPOINT: trustedUrl.optional(),
  /** Address of the storage service; Google's when absent. */
  ARCHIVE_STORAGE_ENDPOINT: archiveSettings.ARCHIVE_STORAGE_ENDPOINT,
  /** Address of the metadata server, from which the access tokens come. */
  GCE_METADATA_HOST: metadataHost,
  /** Seconds after which the rest of a run is left to the next call. */
  BACKUP_RUN_SECONDS: wholeNumberSetting(1_500, 1, 1_500),
  /** Maximum seconds that a call waits for a run in progress. */
  BACKUP_WAIT_SECONDS: wholeNumberSetting(120, 0, 1_200),
  /** Milliseconds between two questions about an operation. */
  BACKUP_ASK_MS: wholeNumberSetting(10_000, 50, 60_000),
}

const HOUR_MS = 3_600_000

/** The settings in milliseconds. `project` is the one of the platform. */
export function configOf(given: SettingsOf<typeof settings>, project: string | undefined) {
  const [instance = '', ...projects] = (given.BACKED_UP_INSTANCE ?? 'penstock-db').split(':').toReversed()
  return {
    isBackedUp: given.BACKED_UP_INSTANCE !== undefined,
    metadataHost: given.GCE_METADATA_HOST,
    adminEndpoint: given.BACKUP_ADMIN_ENDPOINT,
    storage: { bucket: given.BACKUP_BUCKET, endpoint: given.ARCHIVE_STORAGE_ENDPOINT },
    place: {
      project: projects.length > 0 ? projects.toReversed().join(':') : (project ?? 'local'),
      instance,
      bucket: given.BACKUP_BUCKET,
      exportDays: given.BACKUP_EXPORT_DAYS,
      testPrefix: given.BACKUP_TEST_PREFIX,
    },
    waitMs: given.BACKUP_WAIT_SECONDS * 1000,
    limits: {
      ...jobPatience,
      runMs: given.BACKUP_RUN_SECONDS * 1000,
      askMs: given.BACKUP_ASK_MS,
      takeAfterMs: given.BACKUP_TAKE_HOURS === 0 ? undefined : given.BACKUP_TAKE_HOURS * HOUR_MS,
      // Cloud SQL takes a backup each day.
      freshMs: 24 * HOUR_MS,
      // A run that takes longer has failed, and its instance is deleted.
      longestMs: 2 * HOUR_MS,
      // Calls that fail in a row before a step does.
      failures: 5,
      // Rows of one table that are compared at a time.
      comparedRows: 50_000,
      statementMs: 240_000,
      connectMs: 60_000,
    },
  }
}
