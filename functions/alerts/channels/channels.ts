// The rules of notification channels: create, list, change, delete and test them.
import {
  brokenPlaces,
  type Channel,
  type ChannelChange,
  type ChannelCreate,
  type ChannelList,
  type ChannelTest,
  type ChannelWithSecret,
} from '@penstock/shared/alerts/channel-schema.ts'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { busy, changed, notFound, overQuota, Problem } from '@penstock/shared/base/problem.ts'
import { type Clock, formatTimestamp, toWire } from '@penstock/shared/base/time.ts'
import { answerWithin } from '@penstock/shared/base/timeout.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { resolveTarget, type TargetDeps, TargetRefused } from '@penstock/shared/egress/target.ts'
import type { SecretEnvelope } from '@penstock/shared/envelope/envelope.ts'
import { invalidRequest } from '@penstock/shared/http/validation.ts'
import { creatorOf, ownerOf } from '../owner.ts'
import {
  type ChannelRow,
  type ChannelScope,
  type ChannelUpdate,
  countWaitingTests,
  deleteChannel,
  insertChannel,
  queueTest,
  selectChannel,
  selectChannels,
  updateChannel,
} from './channel-queries.ts'
import {
  type ChannelConfiguration,
  hintOf,
  isSigned,
  makeSecret,
  openConfiguration,
  type Places,
  sealConfiguration,
} from './configuration.ts'

export interface ChannelDeps {
  readonly db: PenstockDatabase
  readonly now: Clock
  readonly newId: () => string
  readonly envelope: SecretEnvelope
  readonly target: TargetDeps
  /** True when the deployment can send e-mail. */
  readonly sendsMail: boolean
}

/** Milliseconds for which a replaced secret still signs. */
const RETIRED_MS = 24 * 3_600_000
const MAX_WAITING_TESTS = 10
const KEY_MS = 10_000

/**
 * Creates a channel. Not safe to repeat: each call creates another one.
 * @throws {Problem} 422 for a place that must not be reached; 503 when the key is not available; 429 when the tenant has as many channels as it may have.
 */
export async function createChannel(
  deps: ChannelDeps,
  caller: TenantPrincipal,
  channel: ChannelCreate,
): Promise<ChannelWithSecret> {
  await refuseUnreachable(deps, channel.type, channel)
  const tenantId = caller.tenant.id
  // The id and the secret are made before the unit of work, which may run twice.
  const id = deps.newId()
  const secret = isSigned(channel.type) ? makeSecret(deps.newId) : undefined
  const configuration = { ...placesIn(channel), ...(secret === undefined ? {} : { secret }) }
  const row = {
    tenant_id: tenantId,
    id,
    type: channel.type,
    name: channel.name,
    sealed: await withKey(sealConfiguration(deps.envelope, { tenantId, id }, configuration)),
    hint: hintOf(channel),
    created_by: creatorOf(caller),
  }
  const stored = await deps.db.write(
    tenantId,
    async (tx) => (await selectChannel(tx, { tenantId, owner: undefined }, id)) ?? (await insertChannel(tx, row)),
  )
  return { ...toChannel(stored), ...(secret === undefined ? {} : { secret }) }
}

/** Waits for the key. @throws {Problem} 503 when it is not available. */
async function withKey<T>(work: Promise<T>): Promise<T> {
  try {
    return await answerWithin(KEY_MS, work, 'key')
  } catch (error) {
    throw busy('The key that encrypts channels is not available now.', error, 5)
  }
}

const placesIn = ({ address, url, to }: Places): ChannelConfiguration => ({
  ...(address === undefined ? {} : { address }),
  ...(url === undefined ? {} : { url }),
  ...(to === undefined ? {} : { to }),
})

/** Returns the channels of the tenant. A user sees those of others too, because its rules may name them; an address is never answered. */
export async function listChannels({ db }: ChannelDeps, caller: TenantPrincipal): Promise<ChannelList> {
  const rows = await db.read(caller.tenant.id, (tx) => selectChannels(tx, caller.tenant.id))
  return { channels: rows.map(toChannel) }
}

export interface ChannelAsk {
  readonly id: string
  readonly isExpected: (version: number) => boolean
}

/**
 * Changes the fields that are sent. With `rotate_secret`, the secret before the new one signs too for another 24 h.
 * @throws {Problem} 404; 412 for an unexpected version; 422 for a field that a channel of the type does not have; 503 when the key is not
 * available.
 */
export async function changeChannel(
  deps: ChannelDeps,
  caller: TenantPrincipal,
  { id, isExpected, change }: ChannelAsk & { readonly change: ChannelChange },
): Promise<ChannelWithSecret> {
  const scope = scopeOf(caller)
  const before = await expectedChannel(deps, scope, { id, isExpected })
  const broken = brokenPlaces(before.type, change, false)
  if (broken.length > 0)
    throw invalidRequest(broken.map(({ field, message }) => ({ pointer: `/${field}`, detail: message })))
  await refuseUnreachable(deps, before.type, change)
  const { update, secret } = await updateOf(deps, before, change)
  const stored = await deps.db.write(scope.tenantId, (tx) => updateChannel(tx, before, update))
  if (!stored) throw hasChanged()
  return { ...toChannel(stored), ...(secret === undefined ? {} : { secret }) }
}

async function updateOf(
  deps: ChannelDeps,
  before: ChannelRow,
  change: ChannelChange,
): Promise<{ readonly update: ChannelUpdate; readonly secret: string | undefined }> {
  const update: ChannelUpdate = {
    ...(change.name === undefined ? {} : { name: change.name }),
    // A person who switches a channel on again has read why it was off.
    ...(change.enabled === undefined
      ? {}
      : { enabled: change.enabled, ...(change.enabled ? { last_error: null } : {}) }),
  }
  const places = placesIn(change)
  const rotates = change.rotate_secret === true && isSigned(before.type)
  if (Object.keys(places).length === 0 && !rotates) return { update, secret: undefined }
  const key = { tenantId: before.tenant_id, id: before.id }
  const known = await withKey(openConfiguration(deps.envelope, key, before.sealed))
  const secret = rotates ? makeSecret(deps.newId) : undefined
  const configuration = { ...known, ...places, ...rotated(known, secret, deps.now()) }
  const sealed = await withKey(sealConfiguration(deps.envelope, key, configuration))
  return { update: { ...update, sealed, hint: hintOf(configuration) }, secret }
}

const rotated = (known: ChannelConfiguration, secret: string | undefined, now: number): ChannelConfiguration => {
  if (secret === undefined) return {}
  return { secret, ...(known.secret ? { retired: { secret: known.secret, until: now + RETIRED_MS } } : {}) }
}

/** Deletes a channel. Notifications that wait for it fail. @throws {Problem} 404; 412 for an unexpected version. */
export async function removeChannel(deps: ChannelDeps, caller: TenantPrincipal, ask: ChannelAsk): Promise<void> {
  const scope = scopeOf(caller)
  const before = await expectedChannel(deps, scope, ask)
  if (!(await deps.db.write(scope.tenantId, (tx) => deleteChannel(tx, before)))) throw hasChanged()
}

/**
 * Queues a test notification, which the next run sends.
 * @throws {Problem} 404; 429 while ten tests of the channel are not sent yet.
 */
export async function testChannel(deps: ChannelDeps, caller: TenantPrincipal, id: string): Promise<ChannelTest> {
  const scope = scopeOf(caller)
  const notificationId = deps.newId()
  const payload = { at: formatTimestamp(deps.now() * 1_000) }
  await deps.db.write(scope.tenantId, async (tx) => {
    const channel = found(await selectChannel(tx, scope, id))
    if ((await countWaitingTests(tx, scope.tenantId, id)) >= MAX_WAITING_TESTS)
      throw overQuota(`${MAX_WAITING_TESTS} unsent tests of a channel`)
    await queueTest(tx, channel, notificationId, payload)
  })
  return { notification_id: notificationId }
}

const scopeOf = (caller: TenantPrincipal): ChannelScope => ({ tenantId: caller.tenant.id, owner: ownerOf(caller) })

async function expectedChannel(
  { db }: ChannelDeps,
  scope: ChannelScope,
  { id, isExpected }: ChannelAsk,
): Promise<ChannelRow> {
  const row = found(await db.read(scope.tenantId, (tx) => selectChannel(tx, scope, id)))
  if (!isExpected(row.version)) throw hasChanged()
  return row
}

const hasChanged = (): Problem => new Problem(changed, 'The channel has changed. Read it again before you change it.')

function found(row: ChannelRow | undefined): ChannelRow {
  if (row === undefined) throw new Problem(notFound, 'Notification channel not found')
  return row
}

async function refuseUnreachable(
  { target, sendsMail }: ChannelDeps,
  type: ChannelRow['type'],
  { url }: Places,
): Promise<void> {
  if (type === 'email' && !sendsMail)
    throw invalidRequest([{ pointer: '/type', detail: 'must be another type: this deployment has no mail server' }])
  if (url === undefined) return
  try {
    await resolveTarget(target, url)
  } catch (error) {
    // A name that cannot be resolved now may be resolvable when the notification is sent.
    if (error instanceof TargetRefused) throw invalidRequest([{ pointer: '/url', detail: error.message }])
  }
}

const toChannel = (row: ChannelRow): Channel => ({
  id: row.id,
  type: row.type,
  name: row.name,
  enabled: row.enabled,
  hint: row.hint,
  last_error: row.last_error,
  created_by: row.created_by,
  created_at: toWire(row.created_at),
  updated_at: toWire(row.updated_at),
  version: row.version,
})
