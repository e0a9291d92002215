// The settings of identity.
import { z } from 'zod'

export const settings = {
  /** 1: visitors make demonstration tenants of their own. */
  DEMO: z.enum(['0', '1'], 'must be 0 or 1').default('0'),
} as const
