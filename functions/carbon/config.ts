// The settings of carbon.
import { wholeNumberSetting } from '@penstock/shared/config/config.ts'
import { trustedUrl } from '@penstock/shared/config/trusted-url.ts'
import type { SettingsOf } from '@penstock/shared/slice/define-slice.ts'
import { z } from 'zod'

export const counterSettings = {
  /** Address of the crowd service, which gets the image as the file of a form and answers `{ "sahi_count": 12 }`. Without it no image is taken. */
  CROWD_URL: trustedUrl.optional(),
  CROWD_TIMEOUT_MS: wholeNumberSetting(20_000, 100, 25_000),
  /** Address of the Gemini API, its key from a secret, and the model. Without a key there is no estimate. */
  GEMINI_ENDPOINT: trustedUrl.default('https://generativelanguage.googleapis.com'),
  GEMINI_API_KEY: z.string().min(1).optional(),
  GEMINI_MODEL: z
    .string()
    .regex(/^[a-z0-9.-]{1,100}$/, 'must be the name of a model')
    .default('gemini-2.5-flash'),
} as const

/** The settings in the form that the counters need. */
export const countersOf = (given: SettingsOf<typeof counterSettings>) => ({
  crowd: { url: given.CROWD_URL, timeoutMs: given.CROWD_TIMEOUT_MS },
  gemini: { endpoint: given.GEMINI_ENDPOINT, key: given.GEMINI_API_KEY, model: given.GEMINI_MODEL },
})
