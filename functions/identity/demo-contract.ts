// A demonstration on the wire.
import type { ProblemKind } from '@penstock/shared/base/problem.ts'
import { count, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

export const demoFull: ProblemKind = {
  slug: 'demo-full',
  status: 503,
  title: 'There are too many demonstrations today',
}

export const Demo = z
  .object({
    tenant: z.string(),
    key: z.string().describe('The API key, which is shown once.'),
    expires_at: wireInstant.describe('The key ends then.'),
    limits: z.object({ requests_per_hour: count, series: count }),
  })
  .meta({ title: 'Demo' })
export type Demo = z.output<typeof Demo>
