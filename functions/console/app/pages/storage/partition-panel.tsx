// The partitions of the database, and what is wrong with them.
import type { Partitions } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { count, monthName, plural } from '../../base/format.ts'
import { Moment } from '../../ui/moment.tsx'
import { Badge, Panel } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

/** The panel of partitions. */
export function PartitionPanel() {
  const loaded = useLoaded('partitions', async (signal) => await call('partitions.list', {}, { signal }))
  return (
    <Panel title="Partitions">
      <Shown of={loaded} rows={3}>
        {(partitions) => <PartitionList partitions={partitions} />}
      </Shown>
    </Panel>
  )
}

function PartitionList({
  partitions: { partitions, deferred, last_run, findings },
}: {
  readonly partitions: Partitions
}) {
  const waiting = deferred.reduce((sum, { points }) => sum + points, 0)
  return (
    <>
      <p class="note">
        {plural(partitions.length, 'partition')}; {plural(waiting, 'point')} wait for a month; audited{' '}
        <Moment at={last_run?.finished_at} relative />
      </p>
      {findings.map(({ code, table, detail }) => (
        <p key={`${code} ${table}`} class="job-error">
          <Badge tone="critical">{code}</Badge> {table}: {detail}
        </p>
      ))}
      <Table
        label="Partitions"
        rows={partitions}
        keyOf={({ table }) => table}
        columns={[
          { head: 'Table', cell: ({ table }) => <span class="mono">{table}</span>, isWide: true, isMinor: true },
          { head: 'Month', cell: ({ month }) => (month === null ? '–' : monthName(month)) },
          { head: 'State', cell: ({ state }) => state ?? '–' },
          { head: 'Rows', cell: ({ rows }) => (rows === null ? '–' : count(rows)), isNumber: true },
        ]}
      />
    </>
  )
}
