// Tables with their size, dead rows and age.
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { bytes, count, percent } from '../../base/format.ts'
import { Moment } from '../../ui/moment.tsx'
import { Badge } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

/** Monitoring reports a table from this share of dead rows on. */
const MANY_DEAD = 0.3

/** The tables, largest first. */
export function TablesPanel() {
  const loaded = useLoaded('tables', async (signal) => (await call('monitoring.tables', {}, { signal })).metrics.tables)
  return (
    <Shown of={loaded} rows={6}>
      {(tables) => (
        <Table
          label="Tables"
          rows={tables.toSorted((a, b) => b.size_bytes - a.size_bytes)}
          keyOf={({ table }) => table}
          columns={[
            { head: 'Table', cell: ({ table }) => <span class="mono">{table}</span>, isWide: true },
            { head: 'Size', cell: ({ size_bytes }) => bytes(size_bytes), isNumber: true },
            { head: 'Rows', cell: ({ live_rows }) => count(live_rows), isNumber: true },
            {
              head: 'Dead',
              cell: ({ dead_share }) =>
                dead_share > MANY_DEAD ? <Badge tone="warning">{percent(dead_share)}</Badge> : percent(dead_share),
              isNumber: true,
            },
            {
              head: 'Bloat',
              cell: ({ bloat_bytes_estimate }) => bytes(bloat_bytes_estimate),
              isNumber: true,
              isMinor: true,
            },
            {
              head: 'Read from memory',
              cell: ({ cache_hit_ratio: ratio }) => (ratio === null ? '–' : percent(ratio)),
              isNumber: true,
              isMinor: true,
            },
            { head: 'Last vacuum', cell: ({ last_autovacuum }) => <Moment at={last_autovacuum} relative /> },
          ]}
        />
      )}
    </Shown>
  )
}
