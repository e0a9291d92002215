// Legal holds: what must not be deleted, and why.
import type { LegalHold } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { Moment } from '../../ui/moment.tsx'
import { Badge, Panel } from '../../ui/page.tsx'
import { Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

/** The panel of holds. */
export function Holds({ tenant }: { readonly tenant: string }) {
  const holds = useLoaded(`holds ${tenant}`, async (signal) => {
    return await call('retention.holds', { query: tenant === '' ? {} : { tenant } }, { signal })
  })
  return (
    <Panel title="Legal holds">
      <Shown of={holds} rows={2}>
        {(list) =>
          list.length === 0 ? (
            <p class="quiet">
              Nothing is held. Place a hold by <code>npx penstock archive hold</code>.
            </p>
          ) : (
            <HoldTable holds={list} />
          )
        }
      </Shown>
    </Panel>
  )
}

const HoldTable = ({ holds }: { readonly holds: readonly LegalHold[] }) => (
  <Table
    label="Legal holds"
    rows={holds}
    keyOf={({ id }) => id}
    columns={[
      { head: 'Tenant', cell: ({ tenant }) => tenant },
      { head: 'Data', cell: ({ dataset }) => dataset },
      { head: 'From', cell: ({ start_time }) => <Moment at={start_time} /> },
      { head: 'To', cell: ({ end_time }) => <Moment at={end_time} /> },
      { head: 'Reason', cell: ({ reason }) => reason, isWide: true },
      { head: 'Placed by', cell: ({ placed_by }) => placed_by },
      {
        head: 'State',
        cell: ({ released_at }) => (
          <Badge tone={released_at === null ? 'warning' : 'quiet'}>{released_at === null ? 'held' : 'released'}</Badge>
        ),
      },
    ]}
  />
)
