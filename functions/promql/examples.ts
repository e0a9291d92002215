// Valid requests of PromQL.
import type { Example, ExampleChance, Examples, ExampleWorld } from '@penstock/shared/base/examples.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { routes } from './contract.ts'

type Pairs = readonly (readonly [name: string, value: string])[]

const form = (pairs: Pairs): Example => ({
  headers: [['Content-Type', 'application/x-www-form-urlencoded']],
  bytes: Buffer.from(new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString()),
})
const inUrl = (pairs: Pairs): Example => ({ query: pairs.map(([name, value]) => [name, encodeURIComponent(value)]) })

const EXPRESSIONS = [
  'sum by (job) (rate(temperature{unit="C"}[5m]))',
  'temperature{room=~"[0-2]"} offset 1h > 1',
  'max_over_time(avg by (room) (temperature)[1h:5m])',
  'topk(3, temperature) or vector(1)',
]

const seconds = (ms: number): string => String(ms / 1_000)

const atInstant = ({ monthMs }: ExampleWorld, chance: ExampleChance): Pairs => [
  ['query', chance.pick(EXPRESSIONS)],
  ['time', seconds(monthMs + chance.below(40_000) * 1_000)],
  ['timeout', '10s'],
]
const overRange = ({ monthMs }: ExampleWorld, chance: ExampleChance): Pairs => [
  ['query', chance.pick(EXPRESSIONS)],
  ['start', formatTimestamp(monthMs * 1_000)],
  ['end', seconds(monthMs + 43_200_000)],
  ['step', chance.pick(['60', '5m', '90.5'])],
]
const ofSeries = ({ monthMs }: ExampleWorld, chance: ExampleChance): Pairs => [
  ['match[]', `{job="pump-${chance.below(5)}"}`],
  ['match[]', 'temperature{room!=""}'],
  ['start', seconds(monthMs)],
  ['limit', '20'],
]
const ofQuery = (_: ExampleWorld, chance: ExampleChance): Pairs => [['query', chance.pick(EXPRESSIONS)]]

type Make = (world: ExampleWorld, chance: ExampleChance) => Pairs
const asUrl = (make: Make) => [(world: ExampleWorld, chance: ExampleChance) => inUrl(make(world, chance))] as const
const asForm = (make: Make) => [(world: ExampleWorld, chance: ExampleChance) => form(make(world, chance))] as const

export const requests: Examples<typeof routes> = {
  query: asUrl(atInstant),
  queryForm: asForm(atInstant),
  range: asUrl(overRange),
  rangeForm: asForm(overRange),
  series: asUrl(ofSeries),
  seriesForm: asForm(ofSeries),
  labels: [...asUrl(ofSeries), () => ({})],
  labelsForm: asForm(ofSeries),
  labelValues: [
    () => ({ parameters: { name: 'job' } }),
    (world, chance) => ({ parameters: { name: '__name__' }, ...inUrl(ofSeries(world, chance)) }),
  ],
  metadata: [() => ({}), () => inUrl([['metric', 'temperature']])],
  format: asUrl(ofQuery),
  formatForm: asForm(ofQuery),
  buildInfo: [() => ({})],
}
