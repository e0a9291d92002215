// Collects a decoder's results: points that follow the rules, and the reasons why others do not.
import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { Problem, tooLarge } from '@penstock/shared/base/problem.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import { brokenTextRule, type VerdictCode } from '@penstock/shared/base/wire.ts'
import { brokenServiceRule, MAX_VALUE } from '@penstock/shared/points/metric.ts'
import {
  collectPoints,
  keepPoints,
  type NamedColumns,
  type PointCollector,
} from '@penstock/shared/points/named-columns.ts'
import type { KnownSeries, SeriesMemory } from '@penstock/shared/points/series-memory.ts'
import {
  identityLabels,
  instantRange,
  instantRejector,
  type Rejection,
  reject,
  type TimeLimits,
} from '@penstock/shared/points/verdicts.ts'
import { fitLabels } from './fit-labels.ts'
import { createInstants, type MayHaveInstant } from './instants.ts'
import { type LabelLimit, limitLabels } from './label-limit.ts'

/** The tenant of the points, and the limits that apply to them. */
export interface DecodeContext {
  readonly tenant: Tenant
  readonly limits: TimeLimits
  /** The clock for the limits on instants. */
  readonly now: Micros
  /** The tenant's series that this instance remembers. */
  readonly memory: SeriesMemory
}

/**
 * The results of a request's entries: lines, data points or samples. A data point has one verdict: it gives points, possibly several, or
 * one rejection, never both. In a line each field has a verdict, like in InfluxDB.
 */
export interface Decoded {
  readonly points: NamedColumns
  readonly rejections: readonly Rejection[]
  /** Number of values that are skipped without an error, such as strings next to numbers, or NaN. */
  readonly ignored: number
  /** Names of resource attributes that are in no label; undefined when there are none. */
  readonly leftOut: readonly string[] | undefined
}

/** The three parts of a series' name, validated once for all its points. */
export interface Names {
  readonly service: string
  readonly type: string
  readonly unit: string
  readonly broken: Broken | undefined
}

/** The part that breaks a rule, and the rule: `service name`, `must not be empty`. */
interface Broken {
  readonly what: string
  readonly rule: string
}

/** Labels, validated once for all points that have them. */
export interface JudgedLabels {
  readonly entries: ReadonlyMap<string, string>
  /** Canonical text; undefined when they break a rule. */
  readonly canonical: string | undefined
  readonly rule: string
  /** Series of the request that have these labels. */
  readonly series: Map<Names, KnownSeries>
}

export interface Collector {
  /** The points so far. */
  readonly points: NamedColumns
  /** Size of the labels that were validated so far. Validating takes longer than reading when many values have the labels of one resource. */
  readonly judged: Readonly<LabelLimit>
  /**
   * Takes or refuses a value. Returns its series if it was taken. `at` is undefined when the entry has no instant. `nanos` are the nanoseconds beyond
   * `at`, if the protocol has them; a value in the same microsecond as an earlier one of its series is then refused.
   */
  add(
    index: number,
    names: Names,
    labels: JudgedLabels,
    at: Micros | undefined,
    value: number,
    nanos?: number,
  ): KnownSeries | undefined
  /**
   * Like `add`, for a series whose name and labels were validated before. `at` is NaN when the entry has no instant, and `nanos` is below 0
   * when the protocol has no nanoseconds. Returns whether the value was taken.
   */
  addKnown(index: number, series: KnownSeries, at: Micros, value: number, nanos: number): boolean
  refuse(index: number, code: VerdictCode, what: string, rule: string): void
  ignore(): void
  /** Validates labels. Entries of `spare` are added while they fit; when both have a name, `entries` wins. */
  labels(entries: ReadonlyMap<string, string>, spare?: ReadonlyMap<string, string>): JudgedLabels
  /** Records that attributes are in no label. */
  leaveOut(names: readonly string[]): void
  /** Call it after the decoder has yielded, because other requests had their turn in the meantime. */
  paused(): void
  decoded(): Decoded
}

/** Far more than any agent sends at a time; the number that fits into 32 MiB would exceed an instance's memory. */
export const MAX_VALUES_PER_REQUEST = 100_000
const SAME_MICROSECOND =
  'must not lie in the same microsecond as an earlier value of the series, since instants are stored in microseconds'
/** Longer than in our own JSON, because agents' names have prefixes. */
const MAX_NAME = 200

/**
 * Makes the collector of one request. It throws {Problem} 413 when the request holds too many values. `verdictPer` selects what one
 * verdict applies to: a whole entry, or each of its values.
 */
export function openCollector(
  { tenant, limits, now, memory }: DecodeContext,
  verdictPer: 'entry' | 'value' = 'entry',
): Collector {
  const collecting = openCollecting({ tenant, limits, now, memory })
  const { points, rejections, leftOut } = collecting
  const judged: LabelLimit = { characters: 0 }
  return {
    points: points.columns,
    judged,
    add: (index, names, labels, at = Number.NaN, value, nanos = -1) =>
      add(collecting, index, names, labels, at, value, nanos),
    addKnown: (index, series, at, value, nanos) => addKnown(collecting, index, series, at, value, nanos),
    refuse(...refusal) {
      count(collecting)
      refuse(collecting, ...refusal)
    },
    ignore() {
      count(collecting)
      collecting.ignored++
    },
    labels: (own, spare) => limitLabels(judged, judgeLabels(own, spare, tenant.ignoredLabels, leftOut)),
    leaveOut(names) {
      for (const name of names) leftOut.add(name)
    },
    paused: () => points.paused(),
    decoded: () => ({
      ...(verdictPer === 'entry' ? oneVerdict(points.columns, rejections) : { points: points.columns, rejections }),
      ignored: collecting.ignored,
      leftOut: leftOut.size > 0 ? [...leftOut] : undefined,
    }),
  }
}

/** The part of a request that a collector has received so far. */
interface Collecting {
  readonly memory: SeriesMemory
  readonly points: PointCollector
  readonly rejections: Rejection[]
  readonly leftOut: Set<string>
  readonly earliest: Micros
  readonly latest: Micros
  readonly rejectInstant: (index: number, at: Micros) => Rejection
  readonly mayHaveInstant: MayHaveInstant
  values: number
  ignored: number
}

function openCollecting({ limits, now, memory }: DecodeContext): Collecting {
  const points = collectPoints()
  return {
    memory,
    points,
    rejections: [],
    leftOut: new Set(),
    ...instantRange(limits, now),
    rejectInstant: instantRejector(limits, now),
    mayHaveInstant: createInstants(points.columns),
    values: 0,
    ignored: 0,
  }
}

function count(collecting: Collecting): void {
  if (++collecting.values > MAX_VALUES_PER_REQUEST) throw tooMany()
}

function refuse({ rejections }: Collecting, index: number, code: VerdictCode, what: string, rule: string): void {
  rejections.push(reject(index, code, [{ pointer: `/${what}`, detail: rule }]))
}

function add(
  collecting: Collecting,
  index: number,
  names: Names,
  labels: JudgedLabels,
  at: Micros,
  value: number,
  nanos: number,
): KnownSeries | undefined {
  if (!names.broken && isJudged(labels)) {
    const series = seriesOf(collecting, names, labels)
    return addKnown(collecting, index, series, at, value, nanos) ? series : undefined
  }
  count(collecting)
  if (names.broken) refuse(collecting, index, 'invalid', names.broken.what, names.broken.rule)
  else refuse(collecting, index, 'invalid', `labels of ${quoted(names.type)}`, labels.rule)
  return undefined
}

function addKnown(
  collecting: Collecting,
  index: number,
  series: KnownSeries,
  at: Micros,
  value: number,
  nanos: number,
): boolean {
  const { points, earliest, latest, rejections, rejectInstant, mayHaveInstant } = collecting
  count(collecting)
  const rule = brokenValueRule(value)
  if (rule !== undefined) refuse(collecting, index, 'invalid', `value of ${quoted(series.type)}`, rule)
  else if (at < earliest || at > latest) rejections.push(rejectInstant(index, at))
  else {
    const place = points.placeOf(series)
    if (nanos < 0 || mayHaveInstant(place, at, nanos)) {
      points.add(index, place, at, value)
      return true
    }
    refuse(collecting, index, 'invalid', `timestamp of ${quoted(series.type)}`, SAME_MICROSECOND)
  }
  return false
}

function seriesOf(
  { memory }: Collecting,
  names: Names,
  labels: JudgedLabels & { readonly canonical: string },
): KnownSeries {
  const found = labels.series.get(names)
  if (found) return found
  const series = memory.know({ ...names, labels: labels.canonical })
  labels.series.set(names, series)
  return series
}

const isJudged = (labels: JudgedLabels): labels is JudgedLabels & { readonly canonical: string } =>
  labels.canonical !== undefined

/** Validates labels together with those of `spare` that fit; the names of the others are added to `leftOut`. */
function judgeLabels(
  own: ReadonlyMap<string, string>,
  spare: ReadonlyMap<string, string> | undefined,
  ignored: readonly string[],
  leftOut: Set<string>,
): JudgedLabels {
  const fitting = spare && fitLabels(spare, own, { ignored })
  const entries = fitting ? new Map([...fitting.kept, ...own]) : own
  const verdict = identityLabels(Object.fromEntries(entries), ignored)
  if ('broken' in verdict) return brokenLabels(verdict.broken, entries)
  for (const name of fitting?.leftOut ?? []) leftOut.add(name)
  return { entries, canonical: verdict.canonical, rule: '', series: new Map() }
}

/** Labels that break a rule. */
export const brokenLabels = (rule: string, entries: ReadonlyMap<string, string> = new Map()): JudgedLabels => ({
  entries,
  canonical: undefined,
  rule,
  series: new Map(),
})

/** Gives each entry one verdict: an entry that was refused in part loses all its points and keeps its first rejection. */
function oneVerdict(points: NamedColumns, rejections: readonly Rejection[]): Pick<Decoded, 'points' | 'rejections'> {
  if (rejections.length === 0) return { points, rejections }
  const refused = new Map<number, Rejection>()
  for (const rejection of rejections) if (!refused.has(rejection.index)) refused.set(rejection.index, rejection)
  return {
    points: keepPoints(points, (i) => !refused.has(points.entry[i] as number)),
    rejections: [...refused.values()],
  }
}

/** Validates the three parts of a series' name, and returns the first rule that they break. */
export function judgeNames(service: string, type: string, unit: string): Names {
  const broken =
    brokenName('service name', service, 1) ?? brokenName('metric name', type, 1) ?? brokenName('unit', unit, 0)
  return { service, type, unit, broken }
}

/** Formats a name for a message: as JSON, truncated when it is long. */
export const quoted = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)

function brokenName(what: string, name: string, min: number): Broken | undefined {
  const rule = brokenTextRule(name, MAX_NAME, min) ?? (what === 'service name' ? brokenServiceRule(name) : undefined)
  return rule === undefined ? undefined : { what: name === '' ? what : `${what} ${quoted(name)}`, rule }
}

function brokenValueRule(value: number): string | undefined {
  if (!Number.isFinite(value)) return 'must be a finite number'
  return Math.abs(value) > MAX_VALUE ? 'must be from -1e150 to 1e150' : undefined
}

const tooMany = (): Problem => new Problem(tooLarge, `A request may have at most ${MAX_VALUES_PER_REQUEST} values.`)
