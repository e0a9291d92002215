// Measures the maximum memory of an instance for queries of two tenants that come close to their limits.
import { randomBytes } from 'node:crypto'
import { createKey } from '../../../database/keys/key-store.ts'
import { figureRow, type Row, rounded } from '../row.ts'
import type { Stage } from '../stage.ts'
import { HOURS_S, METRIC } from './counters.ts'

const TIMEOUT_MS = 60_000
const TENANT = 'second'

/** Returns the authorization of a second tenant that may write and read. */
export async function makeSecondTenant({ admin, checksumKey }: Stage): Promise<string> {
  const wanted = { tenant: TENANT, scopes: ['metrics:read', 'metrics:write'], expiresInDays: null }
  return `Bearer ${(await createKey({ client: admin, randomBytes, checksumKey }, wanted)).key}`
}

interface Heavy {
  readonly query: string
  /** Seconds. */
  readonly step: number
}

const labelled = (n: number): string => `label_replace(${METRIC}, "copy", "${n}", "", "")`

/** Queries with many points, with many cells at a time, and with a long answer. */
const heavy: readonly Heavy[] = [
  {
    query: Array.from({ length: 13 }, (_, i) => `sum(rate(${METRIC}[5m] offset ${i + 1}s))`).join(' + '),
    step: 4,
  },
  { query: `sum by (zone) (${METRIC} or ${labelled(1)} or ${labelled(2)} or ${labelled(3)})`, step: 2 },
  { query: `rate(${METRIC}[5m])`, step: 4 },
]

/**
 * Sends each query as both tenants at the same time. The rate is the total time in ms.
 * @throws {Error} when a query is refused.
 */
export async function measurePeak(
  name: string,
  {
    stage,
    endS,
    authorizations,
  }: { readonly stage: Stage; readonly endS: number; readonly authorizations: readonly string[] },
): Promise<Row> {
  const instance = await stage.start('metrics-query')
  const url = `http://127.0.0.1:${instance.port}/prometheus/api/v1/query_range`
  const begun = performance.now()
  for (const { query, step } of heavy) {
    const parameters = { query, start: String(endS - HOURS_S), end: String(endS), step: String(step) }
    await Promise.all(
      authorizations.map(async (authorization) => {
        const body = new URLSearchParams(parameters)
        const signal = AbortSignal.timeout(TIMEOUT_MS)
        const answer = await fetch(url, { method: 'POST', headers: { authorization }, body, signal })
        const text = await answer.text()
        if (!answer.ok || text.length < 10_000) throw new Error(`${query}: ${answer.status} ${text.slice(0, 300)}`)
      }),
    )
  }
  const ms = performance.now() - begun
  const peak = rounded(instance.peakRssMb(), 1)
  await instance.stop()
  return { ...figureRow(name, 'ms', rounded(ms, 0)), peak_rss_mb: peak }
}
