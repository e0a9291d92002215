// The numbers and the comments of one insight.
import type { FeedbackCommentsPage, FeedbackStats } from '@penstock/client/api.ts'
import { useLoaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { count } from '../../base/format.ts'
import { hrefOf } from '../../base/view.ts'
import { Share } from '../../ui/bar.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Facts, Panel } from '../../ui/page.tsx'
import { PageLinks } from '../../ui/page-links.tsx'
import { Empty, Shown } from '../../ui/states.tsx'

const EVERY_MS = 15_000
const PAGE = 50
/** A comment that is added to a rating at once has not been changed. */
const MINUTE_MS = 60_000

/** The panels of an insight. */
export function InsightPanels({ insight, offset }: { readonly insight: string; readonly offset: number }) {
  const query = { insight_id: insight }
  const stats = useLoaded(
    `stats ${insight}`,
    async (signal) => await call('feedback.stats', { query }, { signal }),
    EVERY_MS,
  )
  const comments = useLoaded(
    `comments ${insight} ${offset}`,
    async (signal) => await call('feedback.comments', { query: { ...query, limit: PAGE, offset } }, { signal }),
    EVERY_MS,
  )
  return (
    <>
      <Shown of={stats} rows={4}>
        {(numbers) => <Stats stats={numbers} />}
      </Shown>
      <Panel title="Comments" note="newest first">
        <Shown of={comments} rows={4}>
          {(page) => <Comments page={page} />}
        </Shown>
      </Panel>
    </>
  )
}

const STARS = ['5', '4', '3', '2', '1'] as const

function Stats({ stats }: { readonly stats: FeedbackStats }) {
  const { total_ratings, average_rating, rating_distribution, total_comments, total_flags, flag_types } = stats
  const flags = Object.entries(flag_types).map(([type, found]) => `${count(found)} ${type}`)
  return (
    <>
      <Facts
        facts={[
          {
            name: 'Average rating',
            value: total_ratings === 0 ? 'none' : average_rating.toFixed(2),
            note: 'from 1 to 5',
          },
          { name: 'Ratings', value: count(total_ratings) },
          { name: 'Comments', value: count(total_comments) },
          {
            name: 'Flags',
            value: count(total_flags),
            note: flags.join(', '),
            tone: total_flags > 0 ? 'warning' : 'ok',
          },
        ]}
      />
      {total_ratings === 0 ? null : (
        <Panel title="Ratings">
          <ul class="meters">
            {STARS.map((stars) => (
              <li key={stars}>
                <span class="meter-name">{stars === '1' ? '1 star' : `${stars} stars`}</span>
                <Share
                  used={rating_distribution[stars]}
                  limit={total_ratings}
                  label={`${stars} of 5: ratings`}
                  isLimit={false}
                />
                <span class="meter-number">{count(rating_distribution[stars])}</span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  )
}

function Comments({ page: { comments, total, limit, offset } }: { readonly page: FeedbackCommentsPage }) {
  if (comments.length === 0)
    return (
      <Empty title={total === 0 ? 'Nobody has commented on this insight' : 'There are no more comments'}>
        <p>
          Applications send comments to <code>POST /api/v1/feedback/comment</code>. Check the id if you expected some.
        </p>
      </Empty>
    )
  return (
    <>
      <ul class="said-list">
        {comments.map(({ id, user_id, comment, created_at, updated_at }) => (
          <li key={id} class="said">
            <p class="note">
              <a href={hrefOf('feedback', { user: user_id })}>{user_id}</a>, <Moment at={created_at} relative />
              {Date.parse(updated_at) - Date.parse(created_at) < MINUTE_MS ? null : (
                <>
                  , changed <Moment at={updated_at} relative />
                </>
              )}
            </p>
            <p class="said-text">{comment}</p>
          </li>
        ))}
      </ul>
      <PageLinks offset={offset} limit={limit} total={total} />
    </>
  )
}
