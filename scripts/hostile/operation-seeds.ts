// Valid requests for the routes of an operator, and of the scheduler.
import type { Pairs } from './draft.ts'
import type { Random } from './random.ts'
import type { MakeSeed } from './seed.ts'
import type { World } from './world.ts'

/** By function and key of the route in its contract. */
export const operationSeeds: Readonly<Record<string, readonly MakeSeed[]>> = {
  'partitions.run': [
    (world) => ({ headers: operates(world) }),
    (world, random) => ({ headers: scheduled(world, random, 'partitions'), json: {} }),
  ],
  'partitions.list': [(world) => ({ headers: operates(world) })],
  'retention.run': [
    (world, random) => ({
      headers: [...json, ...operates(world)],
      json: { policies: [random.pick(['dead_letters', 'job_runs', 'feedback'])], dry_run: random.pick([true, false]) },
    }),
    (world, random) => ({ headers: [...json, ...scheduled(world, random, 'retention')], json: {} }),
  ],
}

/** An ID token for this function. */
export const asService = ({ tokens }: World, functionName: string): Pairs => [
  ['Authorization', `Bearer ${tokens[functionName] ?? ''}`],
]

const json: Pairs = [['Content-Type', 'application/json']]
const operates = ({ keys }: World): Pairs => [['Authorization', `Bearer ${keys.operator}`]]
const scheduled = (world: World, random: Random, job: string): Pairs => [
  ...asService(world, job),
  ['X-CloudScheduler', 'true'],
  ['X-CloudScheduler-JobName', job],
  ['X-CloudScheduler-ScheduleTime', new Date(world.monthMs + random.below(1_000) * 300_000).toISOString()],
]
