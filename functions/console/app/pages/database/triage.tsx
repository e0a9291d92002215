// The first look of an operator: findings, locks, and the share of slow statements. Each number is loaded by itself, so a route that fails
// hides no other.
import { type Loaded, useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { count, duration, percent } from '../../base/format.ts'
import { Findings } from '../../ui/findings.tsx'
import { type Fact, Facts, Panel } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'

const EVERY_MS = 15_000

/** The findings and the few numbers that say whether the database is well. */
export function Triage() {
  const suite = useLoaded('findings', async (signal) => await call('monitoring.suite', {}, { signal }), EVERY_MS)
  return (
    <>
      <Numbers />
      <Panel title="What to do">
        <Shown of={suite} rows={2}>
          {({ findings }) =>
            findings.length === 0 ? <p class="quiet">Nothing needs attention.</p> : <Findings findings={findings} />
          }
        </Shown>
      </Panel>
    </>
  )
}

/** Returns the fact of what is loaded. Before the first answer it has a dash, and the failure where there is one. */
function factOf<T>(name: string, { value, failure }: Loaded<T>, shown: (value: T) => Omit<Fact, 'name'>): Fact {
  if (value !== undefined) return { name, ...shown(value) }
  return failure === undefined
    ? { name, value: '…', note: 'loading' }
    : { name, value: '–', note: failure.title, tone: 'warning' }
}

function Numbers() {
  return (
    <Facts
      facts={[
        factOf('Connections', usePool(), ({ total_connections, budget, overflow }) => ({
          value: count(total_connections),
          note: `of ${count(budget.available)} for functions`,
          tone: overflow > 0 ? 'critical' : 'ok',
        })),
        factOf('Slow statements', useQueries(), (queries) => ({
          value: percent(queries.slow_query_percentage / 100),
          note: `over ${duration(queries.slow_query_threshold)}, the last hour`,
          tone: queries.slow_queries > 0 ? 'warning' : 'ok',
        })),
        factOf('Waiting for locks', useLocks(), ({ waiting }) => ({
          value: count(waiting.length),
          tone: waiting.length > 0 ? 'warning' : 'ok',
        })),
        factOf('Read from memory', useTables(), ({ cache_hit_ratio }) => ({
          value: cache_hit_ratio === null ? '–' : percent(cache_hit_ratio),
          note: 'blocks of tables',
        })),
      ]}
    />
  )
}

const usePool = () =>
  useLoaded('pool', async (signal) => (await call('monitoring.pool', {}, { signal })).metrics, EVERY_MS)

const useLocks = () =>
  useLoaded('locks', async (signal) => (await call('monitoring.locks', {}, { signal })).metrics, EVERY_MS)

const useTables = () =>
  useLoaded('tables', async (signal) => (await call('monitoring.tables', {}, { signal })).metrics, EVERY_MS)

const useQueries = () =>
  useLoaded(
    'queries',
    async (signal) => {
      const query = { window: '1h', limit: 1 } as const
      return (await call('monitoring.queries', { query }, { signal })).metrics
    },
    EVERY_MS,
  )
