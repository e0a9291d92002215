// Collects a decoder's results: points that follow the rules, and the reasons why others do not.

import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { Problem, tooLarge } from '@penstock/shared/base/problem.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import { brokenTextRule, type VerdictCode } from '@penstock/shared/base/wire.ts'
import { MAX_VALUE } from '@penstock/shared/points/metric.ts'
import {
  type DecodedPoint,
  identityLabels,
  instantJudge,
  type Rejection,
  reject,
  type TimeLimits,
} from '@penstock/shared/points/verdicts.ts'
import { fitLabels } from './fit-labels.ts'
import { createInstants } from './instants.ts'

/** The tenant of the points, and the limits that apply to them. */
export interface DecodeContext {
  readonly tenant: Tenant
  readonly limits: TimeLimits
  /** The clock for the limits on instants. */
  readonly now: Micros
}

/**
 * The results of a request's entries: lines, data points or samples. A data point has one verdict: it gives points, possibly several, or
 * one rejection, never both. In a line each field has a verdict, like in InfluxDB.
 */
export interface Decoded {
  readonly points: readonly DecodedPoint[]
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
  /** The three parts as one text, which is unique for each name. */
  readonly key: string
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
}

export interface Collector {
  /**
   * Adds a value of an entry, or refuses it. `at` is undefined when the entry has no instant of its own. `nanos` are the nanoseconds
   * after `at`, in protocols with such instants; a value that would share a microsecond with an earlier one is refused.
   */
  add(index: number, names: Names, labels: JudgedLabels, at: Micros | undefined, value: number, nanos?: number): void
  refuse(index: number, code: VerdictCode, what: string, rule: string): void
  ignore(): void
  /** Validates labels. Entries of `spare` are added while they fit; when both have a name, `entries` wins. */
  labels(entries: ReadonlyMap<string, string>, spare?: ReadonlyMap<string, string>): JudgedLabels
  /** Records that attributes are in no label. */
  leaveOut(names: readonly string[]): void
  decoded(): Decoded
}

/** Far more than any agent sends at a time; the number that fits into 32 MiB would exceed an instance's memory. */
const MAX_VALUES_PER_REQUEST = 100_000
const SAME_MICROSECOND =
  'must not lie in the same microsecond as an earlier value of the series, since instants are stored in microseconds'
/** Longer than in our own JSON, because agents' names have prefixes. */
const MAX_NAME = 200

/**
 * Makes the collector of one request. It throws {Problem} 413 when the request holds too many values. `verdictPer` selects what one
 * verdict applies to: a whole entry, or each of its values.
 */
export function openCollector(
  { tenant, limits, now }: DecodeContext,
  verdictPer: 'entry' | 'value' = 'entry',
): Collector {
  const points: DecodedPoint[] = []
  const rejections: Rejection[] = []
  const leftOut = new Set<string>()
  const judgeInstant = instantJudge(limits, now)
  const mayHaveInstant = createInstants()
  let values = 0
  let ignored = 0

  const count = (): void => {
    if (++values > MAX_VALUES_PER_REQUEST) throw tooMany()
  }
  const refuse = (index: number, code: VerdictCode, what: string, rule: string): void => {
    rejections.push(reject(index, code, [{ pointer: `/${what}`, detail: rule }]))
  }
  return {
    add(index, names, labels, at, value, nanos) {
      count()
      const { service, type, unit, key, broken } = names
      if (broken) return refuse(index, 'invalid', broken.what, broken.rule)
      if (labels.canonical === undefined) return refuse(index, 'invalid', `labels of ${quoted(type)}`, labels.rule)
      const rule = brokenValueRule(value)
      if (rule !== undefined) return refuse(index, 'invalid', `value of ${quoted(type)}`, rule)
      const rejection = at === undefined ? undefined : judgeInstant(index, at)
      if (rejection) return void rejections.push(rejection)
      if (at !== undefined && nanos !== undefined && !mayHaveInstant(key, labels.canonical, at, nanos))
        return refuse(index, 'invalid', `timestamp of ${quoted(type)}`, SAME_MICROSECOND)
      // Adding 0 turns -0 into 0, like in our own JSON.
      points.push({ index, service, type, unit, labels: labels.canonical, at: at ?? null, value: value + 0 })
    },
    refuse(...refusal) {
      count()
      refuse(...refusal)
    },
    ignore() {
      count()
      ignored++
    },
    labels: (own, spare) => judgeLabels(own, spare, tenant.ignoredLabels, leftOut),
    leaveOut(names) {
      for (const name of names) leftOut.add(name)
    },
    decoded: () => ({
      ...(verdictPer === 'entry' ? oneVerdict(points, rejections) : { points, rejections }),
      ignored,
      leftOut: leftOut.size > 0 ? [...leftOut] : undefined,
    }),
  }
}

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
  if ('broken' in verdict) return { entries, canonical: undefined, rule: verdict.broken }
  for (const name of fitting?.leftOut ?? []) leftOut.add(name)
  return { entries, canonical: verdict.canonical, rule: '' }
}

/** Gives each entry one verdict: an entry that was refused in part loses all its points and keeps its first rejection. */
function oneVerdict(
  points: readonly DecodedPoint[],
  rejections: readonly Rejection[],
): Pick<Decoded, 'points' | 'rejections'> {
  if (rejections.length === 0) return { points, rejections }
  const refused = new Map<number, Rejection>()
  for (const rejection of rejections) if (!refused.has(rejection.index)) refused.set(rejection.index, rejection)
  return { points: points.filter(({ index }) => !refused.has(index)), rejections: [...refused.values()] }
}

/** Validates the three parts of a series' name, and returns the first rule that they break. */
export function judgeNames(service: string, type: string, unit: string): Names {
  const broken =
    brokenName('service name', service, 1) ?? brokenName('metric name', type, 1) ?? brokenName('unit', unit, 0)
  return { service, type, unit, key: `${service}\0${type}\0${unit}`, broken }
}

/** Formats a name for a message: as JSON, truncated when it is long. */
export const quoted = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)

function brokenName(what: string, name: string, min: number): Broken | undefined {
  const rule = brokenTextRule(name, MAX_NAME, min)
  return rule === undefined ? undefined : { what: name === '' ? what : `${what} ${quoted(name)}`, rule }
}

function brokenValueRule(value: number): string | undefined {
  if (!Number.isFinite(value)) return 'must be a finite number'
  return Math.abs(value) > MAX_VALUE ? 'must be from -1e150 to 1e150' : undefined
}

const tooMany = (): Problem => new Problem(tooLarge, `A request may have at most ${MAX_VALUES_PER_REQUEST} values.`)
