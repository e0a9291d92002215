// Where the points of each month are: in the database, in the archive, on the way, or gone.
import type { MonthOnMap } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { bytes, count } from '../../base/format.ts'
import { changeQuery, view } from '../../base/view.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { Facts, Page, Panel } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Holds } from './holds.tsx'
import { MonthGrid } from './month-grid.tsx'
import { MonthPanel } from './month-panel.tsx'
import { PartitionPanel } from './partition-panel.tsx'

const EVERY_MS = 10_000

/** The page. */
export function StoragePage() {
  const { tenant = '', month = '' } = view.value.query
  const map = useLoaded(
    `map ${tenant}`,
    async (signal) => (await call('retention.map', { query: tenant === '' ? {} : { tenant } }, { signal })).months,
    EVERY_MS,
  )
  return (
    <Page
      title="Storage"
      intro="Each square is a month of points. Choose one to see its objects, verify them or bring it back."
    >
      <TenantFilter tenant={tenant} />
      <Shown of={map} rows={6}>
        {(months) => (
          <>
            <Totals months={months} />
            <Panel title="Months" note={tenant === '' ? 'all tenants' : tenant}>
              {months.length === 0 ? (
                <Empty title="There are no months yet">
                  <p>The first ones are made by the job partitions, a minute after the start.</p>
                </Empty>
              ) : (
                <MonthGrid months={months} chosen={month} onChoose={(chosen) => changeQuery({ month: chosen })} />
              )}
            </Panel>
            <Month months={months} month={month} tenant={tenant} onChange={map.reload} />
          </>
        )}
      </Shown>
      <Holds tenant={tenant} />
      <PartitionPanel />
    </Page>
  )
}

interface MonthProps {
  readonly months: readonly MonthOnMap[]
  readonly month: string
  readonly tenant: string
  readonly onChange: () => void
}

function Month({ months, month, tenant, onChange }: MonthProps) {
  const found = months.find((one) => one.month === month)
  return found ? <MonthPanel key={`${month} ${tenant}`} month={found} tenant={tenant} onChange={onChange} /> : null
}

function Totals({ months }: { readonly months: readonly MonthOnMap[] }) {
  const sum = (list: readonly MonthOnMap[], field: 'rows' | 'bytes' | 'objects') =>
    list.reduce((total, one) => total + (one[field] ?? 0), 0)
  const archived = months.filter(({ objects }) => objects > 0)
  return (
    <Facts
      facts={[
        { name: 'Points', value: count(sum(months, 'rows')), note: 'those in the database are estimated' },
        { name: 'Months', value: count(months.length), note: `${count(archived.length)} with objects` },
        { name: 'Objects', value: count(sum(months, 'objects')), note: bytes(sum(archived, 'bytes')) },
        { name: 'Held', value: count(months.filter(({ held }) => held).length), note: 'by a legal hold' },
      ]}
    />
  )
}

function TenantFilter({ tenant }: { readonly tenant: string }) {
  const text = useSignal(tenant)
  return (
    <form
      class="form-row filter"
      onSubmit={(event) => {
        event.preventDefault()
        changeQuery({ tenant: text.value.trim(), month: undefined })
      }}
    >
      <Field label="Tenant" value={text.value} placeholder="all tenants" onInput={(value) => (text.value = value)} />
      <div class="actions">
        <Button type="submit">Show</Button>
      </div>
    </form>
  )
}
