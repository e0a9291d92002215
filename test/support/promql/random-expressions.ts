// Makes random expressions of the right types over the series of samples.ts.
import { type Random, seededRandom } from '../../../scripts/lab/random.ts'
import { expressionsByKind, wrongExpressions } from './expressions.ts'

/** Returns the same expressions for the same seed. */
export function randomExpressions(seed: string, count: number): readonly string[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => vector(random, 4))
}

/** Texts that are nearly expressions: pieces of real ones, cut, doubled, swapped and with characters changed. */
export function mutatedExpressions(seed: string, count: number): readonly string[] {
  const random = seededRandom(seed)
  const seeds = [...Object.values(expressionsByKind).flat(), ...wrongExpressions]
  const noise = [
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '"',
    '\\',
    '@',
    ':',
    ',',
    '0',
    '-',
    '\u0000',
    '\u{1F600}',
    '\uD800',
    'offset',
    'by',
  ]
  return Array.from({ length: count }, () => {
    let text = random.pick(seeds)
    for (let i = random.below(4); i >= 0; i--) {
      const cut = random.below(text.length + 1)
      const other = random.pick([random.pick(noise), random.pick(seeds), ''])
      text = text.slice(0, cut) + other + text.slice(cut + random.below(3))
    }
    return text
  })
}

const SELECTORS = [
  'http_requests_total',
  'http_requests_total{code=~"2..|404"}',
  'http_requests_total{job="api",method!="GET"}',
  'temperature_celsius',
  'temperature_celsius{site!~"n.*"}',
  'power_watts',
  'limit',
  'up',
  'node_load1',
  'node_cpu_seconds_total{mode!="idle"}',
  'queue_length',
  'short',
]
const LABELS = ['job', 'instance', 'site', 'code', 'method', 'sensor', 'mode', 'missing']
const DURATIONS = ['1m', '90s', '5m', '10m', '1h', '17s']
const RANGE_FUNCTIONS = [
  'rate',
  'increase',
  'delta',
  'avg_over_time',
  'max_over_time',
  'count_over_time',
  'changes',
  'last_over_time',
  'stddev_over_time',
  'deriv',
]
const FUNCTIONS = ['abs', 'ceil', 'floor', 'sqrt', 'exp', 'sgn', 'round', 'timestamp', 'sort']
const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar']
const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2']
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>=']

const some = (random: Random, list: readonly string[]): string => list.filter(() => random.chance(0.3)).join(', ')

const shift = (random: Random): string =>
  random.pick([
    '',
    '',
    '',
    ` offset ${random.pick(DURATIONS)}`,
    ` offset -${random.pick(DURATIONS)}`,
    ' @ end()',
    ' @ 1772362800',
  ])

function vector(random: Random, depth: number): string {
  if (depth === 0 || random.chance(0.1)) return `${random.pick(SELECTORS)}${shift(random)}`
  const inner = (): string => vector(random, depth - 1)
  switch (random.below(8)) {
    case 0:
      return `${random.pick(RANGE_FUNCTIONS)}(${random.pick(SELECTORS)}[${random.pick(DURATIONS)}]${shift(random)})`
    case 1:
      return `${random.pick(RANGE_FUNCTIONS)}((${inner()})[${random.pick(DURATIONS)}:${random.pick(['', '30s', '1m'])}])`
    case 2:
      return `${random.pick(FUNCTIONS)}(${inner()})`
    case 3:
      return `${random.pick(AGGREGATIONS)}${random.pick(['', ` by (${some(random, LABELS)})`, ` without (${some(random, LABELS)})`])} (${inner()})`
    case 4:
      return `(${inner()}) ${random.pick([...ARITHMETIC, ...COMPARISONS, ...COMPARISONS.map((one) => `${one} bool`)])} ${scalar(random, depth - 1)}`
    case 5: {
      const by = some(random, LABELS)
      const left = `sum by (${by}) (${inner()})`
      return `${left} ${random.pick([...ARITHMETIC, ...COMPARISONS])} on(${by}) sum by (${by}) (${inner()})`
    }
    case 6:
      return `(${inner()}) ${random.pick(['and', 'or', 'unless'])}${random.pick(['', ` on(${some(random, LABELS)})`, ` ignoring(${some(random, LABELS)})`])} (${inner()})`
    default:
      return random.pick([
        `-(${inner()})`,
        `absent(${inner()})`,
        `clamp_min(${inner()}, ${scalar(random, depth - 1)})`,
        `vector(${scalar(random, depth - 1)})`,
      ])
  }
}

function scalar(random: Random, depth: number): string {
  if (depth <= 0 || random.chance(0.6)) return random.pick(['0', '1', '2.5', '-3', '100', 'time()', 'pi()'])
  return random.pick([
    () => `scalar(${vector(random, depth - 1)})`,
    () => `(${scalar(random, depth - 1)} ${random.pick(ARITHMETIC)} ${scalar(random, depth - 1)})`,
  ])()
}
