// The settings of audit.
import { archiveSettings, cursorSettings } from '@penstock/shared/config/config.ts'
import { jobPatience } from '@penstock/shared/jobs/scheduled.ts'
import type { SettingsOf } from '@penstock/shared/slice/define-slice.ts'
import { z } from 'zod'

export const settings = {
  ...cursorSettings,
  /** The bucket in which each seal has a copy. Its retention policy keeps everybody from changing one. */
  AUDIT_BUCKET: z.string().min(3),
  ARCHIVE_STORAGE_ENDPOINT: archiveSettings.ARCHIVE_STORAGE_ENDPOINT,
}

/** The settings in milliseconds. */
export const configOf = (given: SettingsOf<typeof settings>) => ({
  store: { bucket: given.AUDIT_BUCKET, endpoint: given.ARCHIVE_STORAGE_ENDPOINT },
  waitMs: 20_000,
  limits: {
    ...jobPatience,
    runMs: 40_000,
    sealEntries: 10_000,
    pageEntries: 2_000,
    groupEntries: 20_000,
    seals: 500,
  },
})
