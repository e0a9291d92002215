// Valid requests of feedback, and rows of its tables.
import type { ExampleChance, Examples, MakeRows } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

export const requests: Examples<typeof routes> = {
  rate: [
    (_, chance) => ({ json: { ...speaker(chance), rating: 1 + chance.below(5) } }),
    ({ planted }, chance) => ({
      headers: [['Idempotency-Key', `rate-${chance.below(1_000_000)}`]],
      json: { ...speaker(chance), rating: 1 + chance.below(5), comment: planted },
    }),
  ],
  comment: [({ planted }, chance) => ({ json: { ...speaker(chance), comment: `too warm ${planted}` } })],
  flag: [
    ({ planted }, chance) => ({
      json: {
        ...speaker(chance),
        flag_type: chance.pick(['inaccurate', 'misleading', 'spam']),
        flag_reason: planted,
      },
    }),
  ],
  stats: [(_, chance) => ({ query: [['insight_id', insight(chance)]] })],
  comments: [
    (_, chance) => ({
      query: [
        ['insight_id', insight(chance)],
        ['limit', '5'],
        ['offset', '1'],
      ],
    }),
  ],
  user: [
    (_, chance) => ({
      query: [
        ['user_id', speaker(chance).user_id],
        ['limit', '5'],
      ],
    }),
  ],
}

export const rows: MakeRows = () => ({
  insight_feedback: [0, 1, 2, 3, 4].map((n) => ({
    insight_id: `insight-${n}`,
    user_id: `user-${n}`,
    rating: 1 + n,
    comment: 'kept',
  })),
  insight_version: [{ insight_id: 'insight-0', version: 1 }],
})

const insight = (chance: ExampleChance): string => `insight-${chance.below(5)}`
/** Few insights and few users, so that writes collide. */
const speaker = (chance: ExampleChance) => ({ insight_id: insight(chance), user_id: `user-${chance.below(5)}` })
