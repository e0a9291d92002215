// Indexes with their size and use.
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { bytes, count } from '../../base/format.ts'
import { changeQuery, view } from '../../base/view.ts'
import { Check } from '../../ui/field.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Badge } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

/** The indexes, largest first. */
export function IndexesPanel() {
  const isUnused = view.value.query['unused'] === '1'
  const loaded = useLoaded(`indexes ${isUnused}`, async (signal) => {
    const query = { unused: isUnused ? ('true' as const) : ('false' as const) }
    return (await call('monitoring.indexes', { query }, { signal })).metrics.indexes
  })
  return (
    <>
      <Check
        label="Only those that nothing uses"
        checked={isUnused}
        onChange={(checked) => changeQuery({ unused: checked ? '1' : undefined }, { replace: true })}
      />
      <Shown of={loaded} rows={6}>
        {(indexes) =>
          indexes.length === 0 ? (
            <Empty title="Every index is used" />
          ) : (
            <Table
              label="Indexes"
              rows={indexes.toSorted((a, b) => b.size_bytes - a.size_bytes)}
              keyOf={({ table, index }) => `${table} ${index}`}
              columns={[
                {
                  head: 'Index',
                  cell: ({ index, valid }) => (
                    <>
                      <span class="mono">{index}</span> {valid ? null : <Badge tone="critical">not valid</Badge>}
                    </>
                  ),
                  isWide: true,
                },
                { head: 'Table', cell: ({ table }) => <span class="mono">{table}</span>, isMinor: true },
                { head: 'Size', cell: ({ size_bytes }) => bytes(size_bytes), isNumber: true },
                { head: 'Scans', cell: ({ scans }) => count(scans), isNumber: true },
                { head: 'Unique', cell: ({ unique }) => (unique ? 'yes' : 'no'), isMinor: true },
                {
                  head: 'Last use seen',
                  cell: ({ unused_since }) => <Moment at={unused_since} relative none="not seen yet" />,
                },
              ]}
            />
          )
        }
      </Shown>
    </>
  )
}
