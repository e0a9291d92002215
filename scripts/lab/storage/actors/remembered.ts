// Readers that remember answers over a closed range under the state that `selectStoredState` gives, as metrics-query caches them.
import { readSeries } from '@penstock/shared/points/read-series.ts'
import { selectStoredState } from '@penstock/shared/points/read-state.ts'
import { keyOf, type Stage } from '../stage.ts'
import type { Door } from '../world/door.ts'
import { QUIET } from '../world/instants.ts'
import type { CheckedTenant } from '../world/world.ts'

/** Reads the quiet day of a tenant, from memory when the state is the remembered one, and records the result. */
export async function readRemembered(stage: Stage, door: Door, tenant: CheckedTenant): Promise<void> {
  const { history, counts, remembered } = stage
  const start = performance.now()
  const span = { tenantId: tenant.id, from: Math.min(...QUIET), to: Math.max(...QUIET) }
  const beginning = { tenantId: tenant.id, readOnly: true }
  const state = await door.unit(beginning, async (tx) => await selectStoredState(tx, span))
  if (state === undefined) return
  const key = `${tenant.id} ${state}`
  const series = [...tenant.series, ...tenant.pair]
  let answer = remembered.get(key)
  if (answer) counts.remembered++
  else {
    const found = await door.unit(beginning, async (tx) => await readSeries(tx, { ...span, series }))
    answer = new Map(
      series.flatMap((one) => {
        const { at, value } = found.get(one.id) ?? { at: [], value: [] }
        return [...at].map((instant, i) => [keyOf(tenant, one, instant), value[i] ?? Number.NaN] as const)
      }),
    )
    remembered.set(key, answer)
  }
  const seen = answer
  const keys = series.flatMap((one) => QUIET.map((at) => keyOf(tenant, one, at)))
  history.saw(
    keys.map((one) => [one, seen.get(one) ?? null]),
    start,
    performance.now(),
  )
}
