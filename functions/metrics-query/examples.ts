// Valid requests of the questions about points.
import type { ExampleChance, Examples, ExampleWorld } from '@penstock/shared/base/examples.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { routes } from './contract.ts'

export const requests: Examples<typeof routes> = {
  range: [
    (world) => ({ query: [...during(world), ['limit', '20']] }),
    (world, chance) => ({ query: [...during(world), ...oneSeries(chance), ['labels.room', '2'], ['offset', '1']] }),
    (world) => ({ query: [...during(world), ['limit', '1'], ...cursorOf(world, 'range')] }),
  ],
  aggregate: [
    (world, chance) => ({
      query: [
        ...during(world),
        ...oneSeries(chance),
        ['interval', chance.pick(['hour', 'day', '15m', 'week', 'month'])],
      ],
    }),
    (world, chance) => ({
      query: [
        ...during(world),
        ...oneSeries(chance),
        ['interval', 'hour'],
        ['group_by', 'room'],
        ['percentiles', '50,99.9'],
      ],
    }),
  ],
  series: [
    () => ({ query: [['limit', '20']] }),
    (_, chance) => ({
      query: [
        ['service_name', service(chance)],
        ['limit', '1'],
        ['labels.room', '2'],
      ],
    }),
    (world) => ({ query: [['limit', '1'], ...cursorOf(world, 'series')] }),
  ],
  cardinality: [
    () => ({}),
    (_, chance) => ({
      query: [
        ['service_name', service(chance)],
        ['label', 'room'],
        ['limit', '3'],
      ],
    }),
  ],
  trends: [
    (world, chance) => ({
      query: [...during(world), ...oneSeries(chance), ['interval', chance.pick(['hour', 'day', 'week'])]],
    }),
    (world, chance) => ({
      query: [
        ...during(world),
        ...oneSeries(chance),
        ['interval', 'hour'],
        ['moving_average', '24'],
        ['compare', chance.pick(['year', 'none'])],
        ['labels.room', '2'],
      ],
    }),
  ],
  preview: [
    ({ monthMs }, chance) => ({
      json: {
        rule: {
          name: 'Too warm',
          service_name: service(chance),
          metric_type: 'temperature',
          unit: 'C',
          threshold_type: 'absolute',
          threshold_value: 20,
          comparison_operator: '>',
          severity: 'warning',
          group_by: 'room',
        },
        start_time: timeAt(monthMs),
        end_time: timeAt(monthMs + 3_600_000),
        step_seconds: 60 * (1 + chance.below(5)),
      },
    }),
  ],
}

type Parameter = readonly [name: string, value: string]

const service = (chance: ExampleChance): string => `pump-${chance.below(5)}`

const oneSeries = (chance: ExampleChance): readonly Parameter[] => [
  ['service_name', service(chance)],
  ['metric_type', 'temperature'],
  ['unit', 'C'],
]

const during = ({ monthMs }: ExampleWorld): readonly Parameter[] => [
  ['start_time', timeAt(monthMs)],
  ['end_time', encodeURIComponent(timeAt(monthMs + 86_400_000).replace('Z', '+00:00'))],
]

const timeAt = (ms: number): string => formatTimestamp(ms * 1_000)

const cursorOf = ({ cursors }: ExampleWorld, route: string): readonly Parameter[] => {
  const cursor = cursors[route]
  return cursor === undefined ? [] : [['cursor', cursor]]
}
