// Tenants on the wire, as the platform sees them.
import { text, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf, onWire, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

const MAX_LABELS = 100
const planNames = ['unlimited', 'free', 'pro', 'power', 'white_label', 'demo'] as const
const planName = z.enum(planNames, `must be one of ${planNames.join(', ')}`)
const tenantStatuses = ['active', 'suspended'] as const
const tenantStatus = z.enum(tenantStatuses, `must be one of ${tenantStatuses.join(', ')}`)

const ignoredLabels = z.array(text(100)).max(MAX_LABELS, `must have at most ${MAX_LABELS} labels`)
const seriesLimit = z.int().min(0, 'must be at least 0').max(10_000_000, 'must be at most 10000000')

export const NewTenant = z
  .object({
    name: onWire(z.string().regex(/^[a-z0-9-]{1,63}$/, 'must have 1 to 63 characters of a-z, 0-9 and -'), {
      type: 'string',
      pattern: '^[a-z0-9-]{1,63}$',
    }),
    plan: planName.nullish(),
    series_limit: seriesLimit.nullish(),
    ignored_labels: ignoredLabels.nullish(),
  })
  .meta({ title: 'NewTenant' })
export type NewTenant = z.output<typeof NewTenant>

export const TenantChange = z
  .object({
    plan: planName.nullish(),
    status: tenantStatus.nullish(),
    series_limit: seriesLimit.nullish(),
    ignored_labels: ignoredLabels.nullish(),
  })
  .meta({ title: 'TenantChange' })
export type TenantChange = z.output<typeof TenantChange>

export const TenantsQuery = z.object({ after: text(63, 0).default(''), limit: wholeNumber(1, 1_000).default(100) })
export type TenantsQuery = z.output<typeof TenantsQuery>

export const TenantEntry = z
  .object({
    name: z.string(),
    status: tenantStatus,
    plan: z.string(),
    series_limit: count,
    series: count,
    ignored_labels: listOf(z.string()),
    created_at: wireInstant,
  })
  .meta({ title: 'Tenant' })
export type TenantEntry = z.output<typeof TenantEntry>

export const TenantPage = z
  .object({
    tenants: listOf(TenantEntry),
    next: z.string().nullable().describe('The value of `after` for the next page; null on the last one.'),
  })
  .meta({ title: 'Tenants' })
export type TenantPage = z.output<typeof TenantPage>
