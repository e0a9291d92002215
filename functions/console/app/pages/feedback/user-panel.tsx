// Everything that one user has said.
import type { Feedback } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { hrefOf } from '../../base/view.ts'
import { Moment } from '../../ui/moment.tsx'
import { Badge, Panel } from '../../ui/page.tsx'
import { PageLinks } from '../../ui/page-links.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'

const PAGE = 50

/** The history of a user. */
export function UserPanel({ user, offset }: { readonly user: string; readonly offset: number }) {
  const history = useLoaded(
    `user ${user} ${offset}`,
    async (signal) => await call('feedback.user', { query: { user_id: user, limit: PAGE, offset } }, { signal }),
  )
  return (
    <Panel title="History" note="newest first">
      <Shown of={history} rows={5}>
        {({ feedback, total, limit }) =>
          feedback.length === 0 ? (
            <Empty title="This user has given no feedback">
              <p>Check the id: it is the one that your application sent.</p>
            </Empty>
          ) : (
            <>
              <History feedback={feedback} />
              <PageLinks offset={offset} limit={limit} total={total} />
            </>
          )
        }
      </Shown>
    </Panel>
  )
}

const History = ({ feedback }: { readonly feedback: readonly Feedback[] }) => (
  <Table
    label="Feedback of the user"
    rows={feedback}
    keyOf={({ id }) => id}
    columns={[
      {
        head: 'Insight',
        cell: ({ insight_id }) => <a href={hrefOf('feedback', { insight: insight_id })}>{insight_id}</a>,
      },
      { head: 'Rating', cell: ({ rating }) => rating ?? '–', isNumber: true },
      { head: 'Comment', cell: ({ comment }) => comment ?? '–', isWide: true },
      {
        head: 'Flag',
        cell: ({ flag_type, flag_reason }) =>
          flag_type === null ? (
            '–'
          ) : (
            <>
              <Badge tone="warning">{flag_type}</Badge> {flag_reason}
            </>
          ),
      },
      { head: 'When', cell: ({ created_at }) => <Moment at={created_at} relative /> },
    ]}
  />
)
