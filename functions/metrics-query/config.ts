// The settings of metrics-query.
import { archiveSettings, pointIdSettings } from '@penstock/shared/config/config.ts'
import { z } from 'zod'

export const settings = {
  ...archiveSettings,
  ...pointIdSettings,
  /** Encrypts and signs cursors. */
  CURSOR_KEY: z
    .string('is needed')
    .regex(/^([0-9a-fA-F]{2}){32,}$/, 'must be at least 32 bytes in hexadecimal')
    .transform((text) => Buffer.from(text, 'hex')),
}
