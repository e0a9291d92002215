// The other tenants: three that each send a small request again and again, and record the answers.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Slice } from '../measure.ts'
import { asker, type Question } from './asking.ts'
import { ATTACKS, type AttackName } from './attacks.ts'

export interface Neighbourhood {
  readonly slice: Slice
  /** The number of answers by status. */
  readonly statuses: Readonly<Record<string, number>>
}

const PAUSE_MS = 50
const JSON_TYPE = { 'content-type': 'application/json' }

/** Runs three tenants for this long, with one request each at a time. Refused requests are errors of the slice. */
export async function askAsNeighbours(
  attack: AttackName,
  port: number,
  keys: readonly string[],
  ms: number,
): Promise<Neighbourhood> {
  const ask = asker(port)
  const begun = performance.now()
  const statuses: Record<string, number> = {}
  const latenciesMs: number[] = []
  let errors = 0
  await Promise.all(
    keys.map(async (key, tenant) => {
      for (let i = 0; performance.now() - begun < ms; i++) {
        const asked = performance.now()
        const status = await ask({ ...questionOf(attack, i), key, address: `203.0.113.${tenant}` })
        statuses[status] = (statuses[status] ?? 0) + 1
        if (status >= 200 && status < 300) latenciesMs.push(performance.now() - asked)
        else errors++
        await sleep(PAUSE_MS)
      }
    }),
  )
  const seconds = (performance.now() - begun) / 1_000
  return { slice: { count: latenciesMs.length, seconds, latenciesMs, errors }, statuses }
}

function questionOf(attack: AttackName, i: number): Omit<Question, 'key' | 'address'> {
  const metric = { service_name: 'small', metric_type: 't', metric_value: i, unit: '' }
  switch (ATTACKS[attack].function) {
    case 'feedback':
      return { method: 'GET', path: `/api/v1/feedback/comments?insight_id=x&offset=${i}` }
    case 'metrics-query': {
      const query = new URLSearchParams({
        start_time: new Date(Date.now() - 3_600_000 - i).toISOString(),
        end_time: new Date().toISOString(),
        service_name: 'small',
        limit: '100',
      })
      return { method: 'GET', path: `/api/v1/monitoring/metrics?${query.toString()}` }
    }
    case 'metrics-ingest-pubsub': {
      const data = Buffer.from(JSON.stringify({ ...metric, timestamp: new Date().toISOString() })).toString('base64')
      const body = JSON.stringify({ message: { messageId: `${process.pid}-${i}`, data }, subscription: 'small' })
      return { method: 'POST', path: '/', headers: JSON_TYPE, body }
    }
    default: {
      const headers = { ...JSON_TYPE, prefer: 'return=minimal' }
      return { method: 'POST', path: '/api/v1/monitoring/metrics', headers, body: JSON.stringify(metric) }
    }
  }
}
