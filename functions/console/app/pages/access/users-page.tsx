// The users of the tenant: who may do what.
import type { User, UserChange } from '@penstock/client/api.ts'
import { useAction } from '../../api/action.ts'
import { useLoaded } from '../../api/loaded.ts'
import { may } from '../../api/session.ts'
import { call } from '../../api/suite.ts'
import { exactly } from '../../base/format.ts'
import { hrefOf, view } from '../../base/view.ts'
import { Select } from '../../ui/field.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Page, Panel } from '../../ui/page.tsx'
import { Empty, FailureLine, Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'
import { ROLES, STATUSES } from './roles.ts'
import { UserForm } from './user-form.tsx'

const PAGE = 50

/** The page. */
export function UsersPage() {
  const page = Math.max(1, Math.trunc(Number(view.value.query['n'] ?? 1)) || 1)
  const users = useLoaded(
    `users ${page}`,
    async (signal) => await call('identity.users', { query: { page, page_size: PAGE } }, { signal }),
  )
  return (
    <Page title="Users" intro="People sign in by tokens of your issuer. Here is what each of them may do.">
      {may('users:write') ? <UserForm onMade={users.reload} /> : null}
      <Panel title="Users" note="newest first">
        <Shown of={users} rows={4}>
          {({ users: list, total }) =>
            list.length === 0 ? (
              <Empty title="There are no users">
                <p>Register a person above by the subject of the tokens that your issuer gives.</p>
              </Empty>
            ) : (
              <>
                <UserTable users={list} onChange={users.reload} />
                <p class="page-links">
                  <span class="note">{exactly(total)} in all</span>
                  {page > 1 ? <a href={hrefOf('users', { n: String(page - 1) })}>Newer</a> : null}
                  {page * PAGE < total ? <a href={hrefOf('users', { n: String(page + 1) })}>Older</a> : null}
                </p>
              </>
            )
          }
        </Shown>
      </Panel>
    </Page>
  )
}

interface UserTableProps {
  readonly users: readonly User[]
  readonly onChange: () => void
}

const UserTable = ({ users, onChange }: UserTableProps) => (
  <Table
    label="Users"
    rows={users}
    keyOf={({ id }) => id}
    columns={[
      {
        head: 'User',
        cell: ({ display_name, email, subject }) => (
          <>
            <strong>{display_name ?? email}</strong>
            <br />
            <span class="note">{display_name === null ? subject : email}</span>
          </>
        ),
        isWide: true,
      },
      { head: 'Role and status', cell: (user) => <Standing user={user} onChange={onChange} /> },
      { head: 'Last sign-in', cell: ({ last_login_at }) => <Moment at={last_login_at} relative /> },
      { head: 'Since', cell: ({ created_at }) => <Moment at={created_at} relative />, isMinor: true },
    ]}
  />
)

interface StandingProps {
  readonly user: User
  readonly onChange: () => void
}

/** The role and the status, which administrators change. */
function Standing({ user: { id, role, status }, onChange }: StandingProps) {
  const { failure, run } = useAction()
  if (!may('users:write')) return <>{`${role}, ${status}`}</>
  const change = async (body: UserChange): Promise<void> => {
    await call('identity.changeUser', { path: { id }, body })
    onChange()
  }
  return (
    <>
      <div class="form-row">
        <Select
          label="Role"
          value={role}
          options={ROLES}
          onChange={(chosen) => void run(async () => await change({ role: chosen }))}
        />
        <Select
          label="Status"
          value={status}
          options={STATUSES}
          onChange={(chosen) => void run(async () => await change({ status: chosen }))}
        />
      </div>
      <FailureLine failure={failure} />
    </>
  )
}
