// The statements that take the time of the database.
import type { DatabaseQueries } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { count, milliseconds, percent } from '../../base/format.ts'
import { changeQuery, view } from '../../base/view.ts'
import { Moment } from '../../ui/moment.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'
import { Tabs } from '../../ui/tabs.tsx'

const EVERY_MS = 15_000
const WINDOWS = [
  ['5m', '5 minutes'],
  ['1h', '1 hour'],
  ['24h', '24 hours'],
] as const

/** The statements with the most total time. */
export function StatementsPanel() {
  const span = WINDOWS.find(([name]) => name === view.value.query['window'])?.[0] ?? '1h'
  const loaded = useLoaded(
    `statements ${span}`,
    async (signal) => (await call('monitoring.queries', { query: { window: span, limit: 30 } }, { signal })).metrics,
    EVERY_MS,
  )
  return (
    <>
      <Tabs
        label="Time"
        names={WINDOWS}
        chosen={span}
        onChoose={(name) => changeQuery({ window: name }, { replace: true })}
      />
      <Shown of={loaded} rows={6}>
        {({ total_queries, since, top_statements }) => (
          <>
            <p class="note">
              {count(total_queries)} statements since <Moment at={since} />
            </p>
            {top_statements.length === 0 ? (
              <Empty title="No statement was reported in this time">
                <p>Instances report once a minute. Choose a longer time, or wait.</p>
              </Empty>
            ) : (
              <Statements statements={top_statements} />
            )}
          </>
        )}
      </Shown>
    </>
  )
}

const Statements = ({ statements }: { readonly statements: DatabaseQueries['metrics']['top_statements'] }) => (
  <Table
    label="Statements by total time"
    rows={statements}
    keyOf={({ id, source, function: owner }) => `${source} ${owner} ${id}`}
    columns={[
      {
        head: 'Statement',
        cell: ({ text }) => (
          <details class="statement">
            <summary>{text}</summary>
            <code>{text}</code>
          </details>
        ),
        isWide: true,
      },
      { head: 'Function', cell: (row) => row.function ?? 'another role' },
      { head: 'Share', cell: ({ share }) => percent(share), isNumber: true },
      { head: 'Calls', cell: ({ calls }) => count(calls), isNumber: true },
      { head: 'Mean', cell: ({ mean_ms }) => milliseconds(mean_ms), isNumber: true },
      {
        head: '95 %',
        cell: ({ p95_ms }) => (p95_ms === null ? '–' : milliseconds(p95_ms)),
        isNumber: true,
      },
      {
        head: 'By',
        cell: ({ source }) => (source === 'own' ? 'function' : 'database'),
        isMinor: true,
      },
    ]}
  />
)
