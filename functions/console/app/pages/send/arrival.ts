// Notices the first point that arrives while the reader looks.
import type { MetricSeries } from '@penstock/client/api.ts'
import { useRef } from 'preact/hooks'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'

const EVERY_MS = 2_000
const MOST_SERIES = 500

/** A series as a key. */
const keyOf = ({ service_name, metric_type, unit, metric_metadata }: MetricSeries): string =>
  JSON.stringify([service_name, metric_type, unit, metric_metadata])

export interface Arrival {
  /** The series whose point came first; undefined until one comes. */
  readonly series: MetricSeries | undefined
  /** True as long as nothing has ever been stored. */
  readonly isEmpty: boolean
  readonly isAsking: boolean
}

/**
 * Asks every two seconds for the series until one has a newer point than when the page was opened. A tenant with many series is asked
 * for those of one service alone.
 */
export function useArrival(service: string): Arrival {
  const before = useRef<ReadonlyMap<string, string | null> | undefined>(undefined)
  const isLarge = useRef(false)
  const arrived = useRef<MetricSeries | undefined>(undefined)
  const wanted = useRef(service)
  wanted.current = service
  const loaded = useLoaded(
    'arrival',
    async (signal) => {
      if (arrived.current) return true
      const query = { limit: MOST_SERIES, ...(isLarge.current ? { service_name: wanted.current } : {}) }
      const series = await call('metrics-query.series', { query }, { signal })
      const last = new Map(series.map((one) => [keyOf(one), one.last_timestamp]))
      const known = before.current
      // The first answer of a large tenant is only a part of its series, so it cannot be compared with a later one.
      if (!known && series.length === MOST_SERIES) isLarge.current = true
      if (!known && isLarge.current && query.service_name === undefined) return false
      before.current ??= last
      if (known) arrived.current = series.find((one) => known.get(keyOf(one)) !== one.last_timestamp)
      return series.length === 0
    },
    arrived.current ? undefined : EVERY_MS,
  )
  return {
    series: arrived.current,
    isEmpty: loaded.value === true && !arrived.current,
    isAsking: loaded.failure === undefined,
  }
}
