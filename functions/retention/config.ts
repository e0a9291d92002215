// The settings of this function.
import { archiveConfig, archiveSettings, wholeNumberSetting } from '@penstock/shared/config/config.ts'
import { jobPatience } from '@penstock/shared/jobs/scheduled.ts'
import { agingTables } from '@penstock/shared/schema/aging.ts'
import type { SettingsOf } from '@penstock/shared/slice/define-slice.ts'
import type { AgingSetting } from './policy.ts'

const MOST_DAYS = 36_500
const days = (fallback: number) => wholeNumberSetting(fallback, 1, MOST_DAYS)

/** Makes a setting in days for each table; its default is in the data.ts of the table's owner. */
const agingDays = Object.fromEntries(
  agingTables.flatMap(({ setting, days: fallback }) => (setting === null ? [] : [[setting, days(fallback)]])),
) as Readonly<Record<AgingSetting, ReturnType<typeof days>>>

export const settings = {
  ...archiveSettings,
  /** Days after its last instant when a month of points is archived. */
  HOT_DAYS: days(90),
  /** Days after its writing when an archive object of points is removed. */
  COLD_DAYS: days(365),
  /** Days after its last change when feedback is archived and deleted. */
  FEEDBACK_DAYS: days(730),
  /** Days after its end when a backfill job is archived and deleted. */
  BACKFILL_DAYS: days(180),
  /** Days after its writing when an entry of the audit log is archived and deleted. */
  AUDIT_DAYS: days(400),
  /** Days after its last instant when a month of roll-ups is dropped. */
  ROLLUP_DAYS: days(1826),
  /** Days after which rows are deleted that age alone decides on: `<TABLE>_DAYS`. */
  ...agingDays,
  /** Minimum hours between two times that late points bring the same month back from the archive; with 0 every run may. */
  REOPEN_HOURS: wholeNumberSetting(24, 0, 24 * 366),
  /**
   * Hours for which a series without points counts as active after it was created, and hours between two counts of a tenant's series. With 0
   * every run counts them.
   */
  SERIES_IDLE_HOURS: wholeNumberSetting(24, 0, 24 * 366),
  /** Seconds after which a run starts nothing new. */
  RETENTION_RUN_SECONDS: wholeNumberSetting(240, 1, 1500),
  /** Maximum seconds that a call waits for a run in progress. */
  RETENTION_WAIT_SECONDS: wholeNumberSetting(60, 0, 1200),
}

/** The settings in days and milliseconds. */
export const configOf = (given: SettingsOf<typeof settings>) => ({
  archive: archiveConfig(given),
  waitMs: given.RETENTION_WAIT_SECONDS * 1000,
  days: {
    hot: given.HOT_DAYS,
    cold: given.COLD_DAYS,
    feedback: given.FEEDBACK_DAYS,
    backfill: given.BACKFILL_DAYS,
    audit: given.AUDIT_DAYS,
    rollups: given.ROLLUP_DAYS,
    aged: Object.fromEntries(
      agingTables.flatMap(({ setting }) => (setting === null ? [] : [[setting, given[setting]]])),
    ) as Readonly<Record<AgingSetting, number>>,
  },
  limits: {
    ...jobPatience,
    runMs: given.RETENTION_RUN_SECONDS * 1000,
    batchRows: 5_000,
    objectRows: 20_000,
    deleteRows: 500,
    piecePoints: 150_000,
    loggedPoints: 500_000,
    manyPoints: 20_000,
    snapshotMs: 30_000,
    blockBytes: 8 * 1024 * 1024,
    reopenEveryMs: given.REOPEN_HOURS * 3_600_000,
    idleHours: given.SERIES_IDLE_HOURS,
    countedSeries: 5_000,
  },
})
