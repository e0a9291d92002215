// The sessions that wait for a lock, and those that hold it.
import type { DatabaseLocks } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { duration, milliseconds, plural } from '../../base/format.ts'
import { Moment } from '../../ui/moment.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

const EVERY_MS = 5_000

/** The sessions that wait. */
export function LocksPanel() {
  const loaded = useLoaded(
    'locks',
    async (signal) => (await call('monitoring.locks', {}, { signal })).metrics,
    EVERY_MS,
  )
  return (
    <Shown of={loaded} rows={3}>
      {({ waiting, deadlocks, deadlocks_since }) => (
        <>
          <p class="note">
            {plural(deadlocks, 'deadlock')}
            {deadlocks_since === null ? (
              ' since the database was made'
            ) : (
              <>
                {' '}
                since <Moment at={deadlocks_since} />
              </>
            )}
          </p>
          {waiting.length === 0 ? (
            <Empty title="Nobody waits for a lock">
              <p>The list renews itself every five seconds.</p>
            </Empty>
          ) : (
            <Sessions waiting={waiting} />
          )}
        </>
      )}
    </Shown>
  )
}

const Sessions = ({ waiting }: { readonly waiting: DatabaseLocks['metrics']['waiting'] }) => (
  <Table
    label="Sessions that wait"
    rows={waiting}
    keyOf={({ pid }) => String(pid)}
    columns={[
      { head: 'Role', cell: ({ role }) => role },
      { head: 'Waits', cell: ({ waits_ms }) => milliseconds(waits_ms), isNumber: true },
      {
        head: 'For',
        cell: ({ mode, relation }) => `${mode} on ${relation ?? 'a transaction'}`,
        isWide: true,
      },
      {
        head: 'Blocked by',
        cell: ({ blocked_by }) =>
          blocked_by
            .map(({ role, state, transaction_s: s }) => `${role} (${state}${s === null ? '' : `, for ${duration(s)}`})`)
            .join(', '),
        isWide: true,
      },
    ]}
  />
)
