// The first look of an operator: findings, locks, and the share of slow statements.
import type { DatabaseLocks, DatabasePool, DatabaseQueries, DatabaseTables } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { count, duration, percent } from '../../base/format.ts'
import { Findings } from '../../ui/findings.tsx'
import { Facts, Panel } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'

const EVERY_MS = 15_000

/** The findings and the few numbers that say whether the database is well. */
export function Triage() {
  const loaded = useLoaded(
    'triage',
    async (signal) => {
      const [suite, pool, locks, queries, tables] = await Promise.all([
        call('monitoring.suite', {}, { signal }),
        call('monitoring.pool', {}, { signal }),
        call('monitoring.locks', {}, { signal }),
        call('monitoring.queries', { query: { window: '1h', limit: 1 } }, { signal }),
        call('monitoring.tables', {}, { signal }),
      ])
      return { suite, pool: pool.metrics, locks: locks.metrics, queries: queries.metrics, tables: tables.metrics }
    },
    EVERY_MS,
  )
  return (
    <Shown of={loaded} rows={4}>
      {({ suite: { findings }, pool, locks, queries, tables }) => (
        <>
          <Numbers pool={pool} locks={locks} queries={queries} tables={tables} />
          <Panel title="What to do">
            {findings.length === 0 ? <p class="quiet">Nothing needs attention.</p> : <Findings findings={findings} />}
          </Panel>
        </>
      )}
    </Shown>
  )
}

interface NumbersProps {
  readonly pool: DatabasePool['metrics']
  readonly locks: DatabaseLocks['metrics']
  readonly queries: DatabaseQueries['metrics']
  readonly tables: DatabaseTables['metrics']
}

const Numbers = ({ pool, locks, queries, tables }: NumbersProps) => (
  <Facts
    facts={[
      {
        name: 'Connections',
        value: count(pool.total_connections),
        note: `of ${count(pool.budget.available)} for functions`,
        tone: pool.overflow > 0 ? 'critical' : 'ok',
      },
      {
        name: 'Slow statements',
        value: percent(queries.slow_query_percentage / 100),
        note: `over ${duration(queries.slow_query_threshold)}, the last hour`,
        tone: queries.slow_queries > 0 ? 'warning' : 'ok',
      },
      {
        name: 'Waiting for locks',
        value: count(locks.waiting.length),
        tone: locks.waiting.length > 0 ? 'warning' : 'ok',
      },
      {
        name: 'Read from memory',
        value: tables.cache_hit_ratio === null ? '–' : percent(tables.cache_hit_ratio),
        note: 'blocks of tables',
      },
    ]}
  />
)
