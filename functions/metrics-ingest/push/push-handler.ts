// The rules of ingest over Pub/Sub: an acknowledged message is stored or is a dead letter; our own failures are never acknowledged.
import type { ServicePrincipal, Tenant, TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import type { FindTenant, FoundTenant } from '@penstock/shared/auth/tenants.ts'
import { Problem, rateLimited } from '@penstock/shared/base/problem.ts'
import { type NoMessage, type PushMessage, readPushUnhurried } from '@penstock/shared/http/push-message.ts'
import { invalidRequest } from '@penstock/shared/http/validation.ts'
import { messageArrival } from '../arrival.ts'
import type { IngestDeps } from '../deps.ts'
import { ingestForeign } from '../protocols/foreign.ts'
import { type ForeignData, foreignData } from '../protocols/foreign-message.ts'
import { type DeadLetterDeps, envelopeOf, keepAsLetter, type Push, type Refusal } from './dead-letters.ts'
import { storeMetrics } from './push-metrics.ts'

export interface PushDeps extends IngestDeps, DeadLetterDeps {
  readonly findTenant: FindTenant
}

/** A push with the tenant settings of its subscription. */
export interface AddressedPush extends Push {
  /** `?tenant=` and `?multi=1` of the URL, set when the subscription is made. */
  readonly tenant: string | undefined
  readonly multiTenant: boolean
}

/**
 * Handles one push. Resolves when the message may be acknowledged: its points are committed, or it is stored as a dead letter. Safe to
 * repeat: a redelivery writes the same points, and one dead letter.
 * @throws {Problem} 422 when the subscription names no tenant; 503 when the database is not available. After both, Pub/Sub delivers it
 * again.
 */
export async function takePush(
  deps: PushDeps,
  caller: TenantPrincipal | ServicePrincipal,
  push: AddressedPush,
): Promise<void> {
  const message = await readPushUnhurried(push.headers, push.body)
  const named = tenantName(caller, push, message)
  const tenant = caller.kind === 'tenant' ? { ...caller.tenant, suspended: false } : await deps.findTenant(named)
  const refusal = tenant ? await store(deps, tenant, message) : unknownTenant(named)
  if (refusal) await keepAsLetter(deps, tenant?.id ?? null, push, message, refusal)
}

/** Returns the tenant: that of the API key, otherwise that of the subscription, or the publisher's if the subscription allows it. */
function tenantName(
  caller: TenantPrincipal | ServicePrincipal,
  push: AddressedPush,
  message: PushMessage | NoMessage,
): string {
  if (caller.kind === 'tenant') return caller.tenant.name
  const attribute = push.multiTenant && 'attributes' in message ? message.attributes['tenant'] : undefined
  const name = attribute ?? push.tenant
  if (name !== undefined) return name
  throw invalidRequest([{ pointer: '?tenant', detail: 'is required in the URL of a push subscription' }])
}

const unknownTenant = (name: string): Refusal => ({
  reason: 'unknown_tenant',
  detail: `the tenant ${JSON.stringify(name.slice(0, 100))} does not exist`,
})

/** Stores everything of a message that can be stored; returns the reason when a part cannot. */
async function store(
  deps: PushDeps,
  tenant: FoundTenant,
  message: PushMessage | NoMessage,
): Promise<Refusal | undefined> {
  if (tenant.suspended) return { reason: 'tenant_suspended', detail: `the tenant ${tenant.name} is suspended` }
  if ('reason' in message) return { reason: message.reason, detail: message.detail }
  const foreign = await foreignData(message)
  return foreign ? await storeForeign(deps, tenant, message, foreign) : await storeMetrics(deps, tenant, message)
}

async function storeForeign(
  deps: PushDeps,
  tenant: Tenant,
  message: PushMessage,
  { decode, keep }: ForeignData,
): Promise<Refusal | undefined> {
  const arrival = messageArrival(deps, message)
  try {
    const { points, rejections } = await ingestForeign(deps, tenant, arrival, decode)
    const [first] = rejections
    if (!first) return undefined
    const why = { reason: first.code, detail: `${rejections.length} entries were rejected: ${first.detail}` }
    if (!keep || points.length === 0) return why
    const refused = new Set(rejections.map(({ index }) => index))
    const context = { tenant, limits: deps.limits, now: arrival.now, memory: deps.series.memoryOf(tenant) }
    return { ...why, content: envelopeOf(await keep(context, refused)) }
  } catch (error) {
    // A message over the limit comes again: it is not wrong.
    const isFinal = error instanceof Problem && error.kind.status < 500 && error.kind !== rateLimited
    if (isFinal) return { reason: 'undecodable', detail: error.detail }
    throw error
  }
}
