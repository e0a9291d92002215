// Reports attributes that are in no label only once, because an exporter repeats its resource every few seconds.
import { logger } from '@penstock/shared/base/logger.ts'
import { HOUR } from '@penstock/shared/base/time.ts'

/** The time of the last report, in milliseconds, by tenant and name. */
const told = new Map<string, number>()
const MAX_TOLD = 1_000
const TOLD_AGAIN_MS = HOUR / 1_000
const MAX_NAME = 200

/** Returns those names that this instance has not reported to the tenant within an hour, and records them as reported. */
export function untold(tenantId: number, names: readonly string[], nowMs: number): readonly string[] {
  const fresh = names
    .slice(0, MAX_TOLD)
    .map((name) => (name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name))
    .filter((name) => {
      const at = told.get(`${tenantId} ${name}`)
      return at === undefined || Math.abs(nowMs - at) > TOLD_AGAIN_MS
    })
  if (told.size > MAX_TOLD) told.clear()
  for (const name of fresh) told.set(`${tenantId} ${name}`, nowMs)
  if (fresh.length > 0) logger.warn({ tenant_id: tenantId, names: fresh.slice(0, 20) }, 'ingest.attributes_left_out')
  return fresh
}
