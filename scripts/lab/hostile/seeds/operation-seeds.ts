// Valid requests for the routes of an operator, and of the scheduler.

import type { Random } from '../../random.ts'
import type { Pairs } from '../mutations/draft.ts'
import type { World } from '../world.ts'
import type { MakeSeed } from './seed.ts'

/** Seeds by function and key of the route in its contract. */
export const operationSeeds: Readonly<Record<string, readonly MakeSeed[]>> = {
  'partitions.run': [
    (world) => ({ headers: operates(world) }),
    (world, random) => ({ headers: scheduled(world, random, 'partitions'), json: {} }),
  ],
  'partitions.list': [(world) => ({ headers: operates(world) })],
  'compaction.run': [
    (world) => ({ headers: operates(world) }),
    (world, random) => ({ headers: scheduled(world, random, 'compaction'), json: {} }),
  ],
  'rollups.run': [
    (world) => ({ headers: operates(world) }),
    (world, random) => ({ headers: scheduled(world, random, 'rollups'), json: {} }),
  ],
  'retention.run': [
    (world, random) => ({
      headers: [...json, ...operates(world)],
      json: { policies: [random.pick(['dead_letters', 'job_runs', 'feedback'])], dry_run: random.pick([true, false]) },
    }),
    (world, random) => ({ headers: [...json, ...scheduled(world, random, 'retention')], json: {} }),
  ],
  'retention.archives': [
    (world, random) => ({
      headers: operates(world),
      query: [
        ['tenant', world.tenant],
        ['month', '2026-08-01'],
        ['limit', String(1 + random.below(1_000))],
      ],
    }),
  ],
  'retention.map': [(world) => ({ headers: operates(world), query: [['tenant', world.tenant]] })],
  'retention.verify': [
    (world, random) => ({
      headers: [...json, ...operates(world)],
      json: { dataset: 'metrics', tenant: world.tenant, after: String(random.below(1_000)) },
    }),
  ],
  'retention.holds': [(world) => ({ headers: operates(world), query: [['tenant', world.tenant]] })],
  'retention.hold': [
    (world, random) => ({
      headers: [...json, ...operates(world)],
      json: {
        tenant: world.tenant,
        dataset: 'feedback',
        start_time: '2012-01-01T00:00:00Z',
        end_time: '2012-02-01T00:00:00+01:00',
        reason: `case ${random.below(50)}`,
        by: 'counsel',
      },
    }),
  ],
  'retention.reopen': [
    (world) => ({
      headers: [...json, ...operates(world)],
      json: { dataset: 'metrics', month: '2014-04-01' },
      refusal: 404,
    }),
  ],
  'retention.release': [(world) => ({ headers: [...json, ...operates(world)], json: { id: '1', by: 'counsel' } })],
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
