// The use of the tenant against the limits of its plan.
import type { Limits, Usage } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { bytes, count } from '../../base/format.ts'
import { Share } from '../../ui/bar.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Facts, Page, Panel } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

const EVERY_MS = 15_000

/** The page. */
export function UsagePage() {
  const limits = useLoaded('limits', async (signal) => await call('identity.limits', {}, { signal }), EVERY_MS)
  return (
    <Page title="Usage" intro="What this tenant uses of its plan, and what it stores.">
      <Shown of={limits} rows={5}>
        {(found) => <Plan limits={found} />}
      </Shown>
      <Used />
    </Page>
  )
}

function Plan({ limits: { plan, limits, refused_today } }: { readonly limits: Limits }) {
  const meters = [
    ['Requests this hour', limits.requests_per_hour, limits.requests_per_hour.resets_at],
    ['Points this minute', limits.points_per_minute, limits.points_per_minute.resets_at],
    ['Series', limits.series, undefined],
    ['Users', limits.users, undefined],
    ['Keys', limits.keys, undefined],
  ] as const
  const refused = refused_today.requests + refused_today.points + refused_today.series
  return (
    <Panel title="Limits" note={`of the plan ${plan}`}>
      <ul class="meters">
        {meters.map(([name, { used, limit }, resets]) => (
          <li key={name}>
            <span class="meter-name">{name}</span>
            {limit === null ? <span /> : <Share used={used} limit={limit} label={name} />}
            <span class="meter-number">
              {count(used)}
              {limit === null ? ', no limit' : ` of ${count(limit)}`}
              {resets === undefined || limit === null ? null : (
                <span class="note">
                  {' '}
                  anew <Moment at={resets} relative />
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
      <p class="note">
        {refused === 0
          ? 'Nothing was refused today (UTC).'
          : `Refused today (UTC): ${count(refused_today.requests)} requests, ${count(refused_today.points)} points, ${count(refused_today.series)} series.`}
      </p>
    </Panel>
  )
}

function Used() {
  const usage = useLoaded('usage', async (signal) => await call('identity.usage', {}, { signal }), EVERY_MS)
  return (
    <Shown of={usage} rows={5}>
      {({ totals, storage, days }) => (
        <>
          <Totals totals={totals} storage={storage} />
          <Panel title="Days" note="oldest first, UTC">
            {days.length === 0 ? (
              <Empty title="Nothing was used yet">
                <p>Instances report what they counted once a minute.</p>
              </Empty>
            ) : (
              <Days days={days} />
            )}
          </Panel>
          <Panel title="Tables" note="the rows of this tenant">
            <Table
              label="Stored rows"
              rows={storage.tables}
              keyOf={({ table }) => table}
              columns={[
                { head: 'Table', cell: ({ table }) => <span class="mono">{table}</span>, isWide: true },
                { head: 'Rows', cell: ({ rows }) => count(rows), isNumber: true },
                { head: 'Size', cell: (row) => bytes(row.bytes), isNumber: true },
              ]}
            />
          </Panel>
        </>
      )}
    </Shown>
  )
}

const Days = ({ days }: { readonly days: Usage['days'] }) => (
  <Table
    label="Use of each day"
    rows={days}
    keyOf={({ date }) => date}
    columns={[
      { head: 'Day', cell: ({ date }) => date },
      { head: 'Requests', cell: ({ requests }) => count(requests), isNumber: true },
      { head: 'Refused', cell: ({ refused }) => count(refused), isNumber: true },
      { head: 'Points', cell: ({ points_accepted }) => count(points_accepted), isNumber: true },
      { head: 'Rejected', cell: ({ points_rejected }) => count(points_rejected), isNumber: true, isMinor: true },
      { head: 'Received', cell: ({ bytes_in }) => bytes(bytes_in), isNumber: true, isMinor: true },
    ]}
  />
)

const Totals = ({ totals, storage }: Pick<Usage, 'totals' | 'storage'>) => (
  <Facts
    facts={[
      { name: 'Requests', value: count(totals.requests), note: `${count(totals.refused)} refused` },
      {
        name: 'Points accepted',
        value: count(totals.points_accepted),
        note: `${count(totals.points_rejected)} rejected`,
      },
      { name: 'In the archive', value: bytes(storage.archive_bytes), note: `${count(storage.archive_points)} points` },
      { name: 'Received', value: bytes(totals.bytes_in), note: `${bytes(totals.bytes_out)} sent` },
    ]}
  />
)
