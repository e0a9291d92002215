// Changes to the query string: parameters that are missing, repeated, huge, malformed, or named like another thing.

import type { Random } from '../../random.ts'
import { BARE, type Draft, type Pairs } from './draft.ts'
import { extremeName, extremeNumber, extremeText, extremeTime } from './extremes.ts'

/** Changes one thing in the draft's query string. */
export function mutateQuery(draft: Draft, random: Random): Draft {
  return { ...draft, query: random.pick(changes)(draft.query, random) }
}

type Change = (query: Pairs, random: Random) => Pairs

/** The names that routes know, so that each gets each value. */
const NAMES = [
  'start_time',
  'end_time',
  'service_name',
  'metric_type',
  'unit',
  'limit',
  'offset',
  'cursor',
  'interval',
  'group_by',
  'percentiles',
  'labels.room',
  'labels.',
  'tenant',
  'multi',
  'api_key',
]

/** Values as they appear in the URL. */
const rawValues: readonly string[] = [
  BARE,
  '',
  '%',
  '%2',
  '%zz',
  '%00',
  '%ff',
  '%c0%af',
  '%ed%a0%80',
  '%f0%9d%92%b3'.repeat(60),
  '+',
  '+++',
  '%2B',
  '=',
  '==',
  ';',
  '%26a=b',
  '#',
  '[]',
  '%0d%0aX-Injected:%201',
  '1e3',
  '0x10',
  '01',
  '-0',
  '1.5',
  '%20',
  '10000',
  '10001',
  '100000',
  '100001',
  '999999999999999',
  '9999999999999999',
  'hour',
  'HOUR',
  'day,hour',
  '0',
  '50,50,50',
  '100.0000001',
  '1,2,3,4,5,6,7,8,9,10,11',
  '0.1,99.999999,100',
  '50,',
  'null',
  'undefined',
  '1.2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  '-9007199254740991.2147483648.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'a'.repeat(4_096),
  'a'.repeat(4_097),
  'a'.repeat(9_000),
]

const changes: readonly Change[] = [
  (query, random) => withoutOne(query, random),
  (query, random) => (query.length === 0 ? query : [...query, random.pick(query)]),
  (query, random) => replaced(query, random, random.pick(rawValues)),
  (query, random) => replaced(query, random, random.pick(rawValues)),
  (query, random) => replaced(query, random, escaped(extremeText(random))),
  (query, random) => replaced(query, random, escaped(extremeTime(random))),
  (query, random) => replaced(query, random, extremeTime(random).replaceAll(/[^!-~]/g, '+')),
  (query, random) => replaced(query, random, String(extremeNumber(random))),
  (query, random) => [...query, [random.pick(NAMES), random.pick(rawValues)]],
  (query, random) => [...query, [random.pick(NAMES), escaped(extremeText(random))]],
  (query, random) => [...query, [random.pick(NAMES), escaped(extremeTime(random))]],
  (query, random) => [...query, [`labels.${escaped(extremeName(random))}`, escaped(extremeText(random))]],
  (query, random) => [...query, [escaped(extremeName(random)), escaped(extremeText(random))]],
  (query, random) => [...query, ['group_by', escaped(random.chance(0.5) ? extremeName(random) : extremeText(random))]],
  (query, random) => [...query, ...labels(random.pick([19, 20, 21, 200]))],
  (query, random) =>
    Array.from({ length: random.pick([2, 100, 1_000]) }, () => query)
      .flat()
      .slice(0, 300),
  (query) => query.map(([name, value]) => [name.toUpperCase(), value]),
  (query) => query.toReversed(),
  (_, random) => [[random.bytes(20).toString('hex'), BARE]],
]

const withoutOne = (query: Pairs, random: Random): Pairs => {
  const gone = random.below(query.length)
  return query.filter((_, i) => i !== gone)
}

function replaced(query: Pairs, random: Random, value: string): Pairs {
  const at = random.below(query.length)
  return query.length === 0
    ? [[random.pick(NAMES), value]]
    : query.map(([name, old], i) => [name, i === at ? value : old])
}

const labels = (count: number): Pairs => Array.from({ length: count }, (_, i) => [`labels.name${i}`, String(i)])

/** Like `encodeURIComponent`, which throws for lone surrogates: these are escaped byte by byte. */
const escaped = (text: string): string =>
  text.isWellFormed()
    ? encodeURIComponent(text)
    : text
        .replaceAll(/[\ud800-\udfff]/g, '%ed%a0%80')
        .replaceAll(/[^\w%.-]/g, (letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0').slice(-2)}`)
