// The replicas and how far they are behind.
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { bytes, duration } from '../../base/format.ts'
import { Empty, Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

const EVERY_MS = 10_000

/** The replicas of the database. */
export function ReplicationPanel() {
  const loaded = useLoaded(
    'replication',
    async (signal) => (await call('monitoring.replication', {}, { signal })).metrics,
    EVERY_MS,
  )
  return (
    <Shown of={loaded} rows={3}>
      {({ role, replicas }) =>
        replicas.length === 0 ? (
          <Empty title={role === 'primary' ? 'The primary has no replica' : 'This is a replica without replicas'} />
        ) : (
          <Table
            label="Replicas"
            rows={replicas}
            keyOf={({ name }) => name}
            columns={[
              { head: 'Replica', cell: ({ name }) => name, isWide: true },
              { head: 'State', cell: ({ state }) => state },
              {
                head: 'Behind',
                cell: ({ replay_lag_s: lag }) => (lag === null ? '–' : duration(lag)),
                isNumber: true,
              },
              {
                head: 'To replay',
                cell: ({ replay_lag_bytes: lag }) => (lag === null ? '–' : bytes(lag)),
                isNumber: true,
              },
            ]}
          />
        )
      }
    </Shown>
  )
}
