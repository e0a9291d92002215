// The series of each tenant that is erased from time to time. It has the same name every time, and another id.
import type { Micros } from '@penstock/shared/base/time.ts'
import type { Client } from 'pg'
import { everyKey, type Stage, type Victims } from '../stage.ts'
import { type CheckedSeries, type CheckedTenant, makeSeries } from '../world/world.ts'

export const VICTIM = 'victim'

export const noVictims = (): Victims => ({ byTenant: new Map(), idOfValue: new Map(), stopped: new Set() })

/** Ids of the tenant's victim that no erasure has begun with. */
export const victimsOf = ({ victims }: Stage, tenant: CheckedTenant): readonly CheckedSeries[] =>
  (victims.byTenant.get(tenant.id) ?? []).filter(({ isErased }) => !isErased)

/** Returns the victim's current id, as a writer resolves it, and the epoch in which it has it; undefined while its senders are stopped. */
export async function resolveVictim(
  { victims }: Stage,
  client: Client,
  tenant: CheckedTenant,
): Promise<{ readonly series: CheckedSeries; readonly epoch: number } | undefined> {
  if (victims.stopped.has(tenant.id)) return undefined
  const { rows } = await client.query<{ epoch: number }>(
    'select series_epoch::int as epoch from tenant where id = $1',
    [tenant.id],
  )
  const series = await makeSeries(client, tenant.id, { service: VICTIM, label: VICTIM, block: 1 })
  const known = victims.byTenant.get(tenant.id) ?? []
  victims.byTenant.set(tenant.id, known)
  if (!known.some(({ id }) => id === series.id)) known.push({ ...series, isErased: false })
  return { series, epoch: rows[0]?.epoch ?? 0 }
}

/** The key of a point that was read under the victim's name: that of the id under which its value was written. */
export function keyOfVictim(
  { victims }: Stage,
  tenant: CheckedTenant,
  { at, value }: { readonly at: Micros; readonly value: number },
): { readonly key: string; readonly id: number } {
  const id = victims.idOfValue.get(value) ?? 0
  return { id, key: `${tenant.id} ${id} ${at}` }
}

/** Begins an erasure of all ids of the tenant's victim: from now on a read may or may not find their points. Its senders are stopped. */
export function beginErasing(stage: Stage, tenant: CheckedTenant): (hasEnded: boolean) => void {
  const { victims, history } = stage
  const start = performance.now()
  const erased = [...(victims.byTenant.get(tenant.id) ?? [])]
  for (const one of erased) one.isErased = true
  victims.stopped.add(tenant.id)
  return (hasEnded) => {
    const end = hasEnded ? performance.now() : Number.POSITIVE_INFINITY
    for (const one of erased) history.gone(everyKey(tenant, one), start, end)
    victims.stopped.delete(tenant.id)
  }
}
