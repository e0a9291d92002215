// Connections of each role against its limit.
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { count, duration, plural } from '../../base/format.ts'
import { Share } from '../../ui/bar.tsx'
import { Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

const EVERY_MS = 10_000

/** The connections that the database sees. */
export function ConnectionsPanel() {
  const loaded = useLoaded(
    'connections',
    async (signal) => (await call('monitoring.connections', {}, { signal })).metrics,
    EVERY_MS,
  )
  return (
    <Shown of={loaded} rows={6}>
      {({ max_connections, used, roles, others }) => (
        <>
          <p class="note">
            {plural(used, 'connection')} of {count(max_connections)}
            {others.length === 0 ? '' : `, with ${others.map((one) => `${one.used} of ${one.role}`).join(', ')}`}
          </p>
          <Table
            label="Connections by role"
            rows={roles}
            keyOf={({ role }) => role}
            columns={[
              { head: 'Function', cell: (row) => row.function },
              {
                head: 'Used',
                cell: (row) => <Share used={row.used} limit={row.limit} label={`${row.function}: connections`} />,
                isMinor: true,
              },
              { head: 'Of its limit', cell: (row) => `${row.used} of ${row.limit}`, isNumber: true },
              { head: 'Active', cell: ({ active }) => count(active), isNumber: true },
              { head: 'Idle', cell: ({ idle }) => count(idle), isNumber: true },
              { head: 'In transaction', cell: (row) => count(row.idle_in_transaction), isNumber: true },
              {
                head: 'Longest',
                cell: ({ longest_transaction_s: seconds }) => (seconds === null ? '–' : duration(seconds)),
                isNumber: true,
              },
            ]}
          />
        </>
      )}
    </Shown>
  )
}
