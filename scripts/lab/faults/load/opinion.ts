// Feedback of a client on insights. There are few insights, so most requests meet an existing row and many clients change one version.

import type { Random } from '../../random.ts'
import type { PointKey } from './ledger.ts'

export interface Opinion {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  /** The value of each field that it sets: a rating, or the number in a comment. */
  readonly fields: ReadonlyMap<PointKey, number>
  /** `<tenant> <insight> <user>`. */
  readonly row: string
  /** True when other clients write for the same user. */
  readonly isShared: boolean
}

export interface Speaker {
  readonly random: Random
  readonly tenant: { readonly name: string }
  /** The client's unique name. */
  readonly service: string
  readonly nextValue: () => number
}

const INSIGHTS = 3
const SHARED_USERS = 0.3
const WITH_COMMENT = 0.3

/** Makes a rating, with or without a comment, or only a comment. */
export function opinion({ random, tenant, service, nextValue }: Speaker): Opinion {
  const isShared = random.chance(SHARED_USERS)
  const insight = `hot-${random.below(INSIGHTS)}`
  const user = isShared ? 'everybody' : service
  const row = `${tenant.name} ${insight} ${user}`
  const rates = random.chance(0.5)
  const rating = 1 + random.below(5)
  const comment = !rates || random.chance(WITH_COMMENT) ? nextValue() : undefined
  const fields = new Map<PointKey, number>()
  if (rates) fields.set(`${row} rating`, rating)
  if (comment !== undefined) fields.set(`${row} comment`, comment)
  return {
    path: `/api/v1/feedback/${rates ? 'rate' : 'comment'}`,
    body: {
      insight_id: insight,
      user_id: user,
      ...(rates ? { rating } : {}),
      ...(comment === undefined ? {} : { comment: String(comment) }),
    },
    fields,
    row,
    isShared,
  }
}
