// Compares answers in the JSON of the Prometheus API: what differs between the expected and the given one.
import type { PrometheusAnswer } from '../programs/prometheus-receiver.ts'

const TOLERANCE = 1e-9
/** Differences of rounding that remain where terms cancel out. */
const NOTHING = 1e-12

type Pair = readonly [seconds: number, value: string]
interface Entry {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: Pair
  readonly values?: readonly Pair[]
}
interface Data {
  readonly resultType: string
  readonly result: readonly Entry[] | Pair
}

/** Returns the first difference as a text; undefined when there is none. With `isOrdered`, series have to be in the same order. */
export function differenceOf(
  expected: PrometheusAnswer,
  given: PrometheusAnswer,
  isOrdered: boolean,
): string | undefined {
  if (expected.status !== given.status) return `${brief(expected)} ≠ ${brief(given)}`
  if (expected.status === 'error') return errorDifference(expected, given)
  const [wanted, found] = [expected.data as Data, given.data as Data]
  if (wanted.resultType !== found.resultType) return `${wanted.resultType} ≠ ${found.resultType}`
  if (wanted.resultType === 'scalar' || wanted.resultType === 'string') {
    return pairDifference(wanted.result as Pair, found.result as Pair, wanted.resultType === 'string')
  }
  return seriesDifference(wanted.result as readonly Entry[], found.result as readonly Entry[], isOrdered)
}

const brief = (answer: PrometheusAnswer): string => JSON.stringify(answer).slice(0, 300)

function errorDifference(expected: PrometheusAnswer, given: PrometheusAnswer): string | undefined {
  if (expected.errorType === given.errorType && expected.error === given.error) return undefined
  return `${expected.errorType}: ${expected.error} ≠ ${given.errorType}: ${given.error}`
}

function seriesDifference(expected: readonly Entry[], given: readonly Entry[], isOrdered: boolean): string | undefined {
  const byLabels = new Map(given.map((entry) => [labelsOf(entry), entry]))
  const missing = expected.find((entry) => !byLabels.has(labelsOf(entry)))
  if (missing) return `no series ${labelsOf(missing)} among ${[...byLabels.keys()].join(' ').slice(0, 300)}`
  if (expected.length !== given.length) return `${expected.length} series ≠ ${given.length}`
  for (const entry of expected) {
    const difference = entryDifference(entry, byLabels.get(labelsOf(entry)) as Entry)
    if (difference) return `${labelsOf(entry)}: ${difference}`
  }
  const orderOf = (entries: readonly Entry[]): string => entries.map(labelsOf).join()
  if (isOrdered && orderOf(expected) !== orderOf(given)) return 'another order of series'
  return undefined
}

const labelsOf = ({ metric }: Entry): string =>
  JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1)))

function entryDifference(expected: Entry, given: Entry): string | undefined {
  const [wanted, found] = [expected.values ?? [expected.value], given.values ?? [given.value]]
  if (wanted.length !== found.length) return `${wanted.length} values ≠ ${found.length}`
  for (const [i, pair] of wanted.entries()) {
    const difference = pairDifference(pair as Pair, found[i] as Pair, false)
    if (difference) return difference
  }
  return undefined
}

const numberOf = (pair: Pair | undefined): number => Number((pair?.[1] ?? 'NaN').replace('Inf', 'Infinity'))

function pairDifference(expected: Pair, given: Pair, isText: boolean): string | undefined {
  if (expected[0] !== given[0]) return `at ${expected[0]} ≠ at ${given[0]}`
  if (expected[1] === given[1]) return undefined
  const [wanted, found] = [numberOf(expected), numberOf(given)]
  if (wanted === found) return `${expected[1]} is written as ${given[1]}`
  const allowed = Math.max(NOTHING, TOLERANCE * Math.max(Math.abs(wanted), Math.abs(found)))
  if (!isText && Math.abs(wanted - found) <= allowed) return undefined
  return `at ${expected[0]}: ${expected[1]} ≠ ${given[1]}`
}
