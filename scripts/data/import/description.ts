// Describes the result of a file's import to a person.

import { count } from '../../cli/progress-bar.ts'
import type { ImportOptions } from './options.ts'
import type { Complaints, Report } from './report.ts'
import type { CsvPlan } from './rows/csv-plan.ts'

/** Returns lines of text: how the file was read, and with what result. For a dry run they say that nothing was changed. */
export function describeImport(
  path: string,
  plan: CsvPlan | null,
  report: Report,
  { dryRun, csv }: ImportOptions,
): string[] {
  return [
    dryRun ? `${path}: a dry run, nothing was changed` : path,
    ...(plan === null ? [] : describePlan(plan, csv.zone)),
    ...describeReport(report, { dryRun, zone: csv.zone }),
  ]
}

const SHOWN_NAMES = 20
const NO_NAME = '(no name)'

/** Returns the last line of an import: what a person must check before trusting it. Empty when there is nothing. */
export function describeComplaints({ conflicting, useless }: Omit<Complaints, 'refused'>): string[] {
  const nothing = useless.length > 0 ? [`nothing was stored of ${useless.slice(0, SHOWN_NAMES).join(', ')}`] : []
  const lost =
    conflicting > 0
      ? [
          `${count(conflicting)} values were replaced by a later line of the same series and instant with another value: does a column distinguish them (--label-column)?`,
        ]
      : []
  const all = [...nothing, ...lost]
  return all.length === 0 ? [] : [`Look at this: ${all.join('; ')}`]
}

function describePlan({ time, metrics, labels, leftOut, commas }: CsvPlan, zone: string): string[] {
  const named = (names: readonly string[]) => {
    const more = names.length > SHOWN_NAMES ? [`and ${names.length - SHOWN_NAMES} more`] : []
    return [...names.slice(0, SHOWN_NAMES).map((name) => name || NO_NAME), ...more].join(', ')
  }
  const clock = time.format.startsWith('unix')
    ? ''
    : `, ${zone}${time.format === 'iso' ? ' where it has no offset' : ''}`
  return [
    row('time', `${named([time.name])}: ${time.format}${clock}`),
    row('series', `${metrics[0]?.series.service}: ${named(metrics.map(({ name }) => name))}`),
    ...(labels.length > 0 ? [row('labels', named(labels.map(({ name }) => name)))] : []),
    ...(commas.length > 0 ? [row('mind', `${named(commas)} hold decimal commas, which --decimal , reads`)] : []),
    ...(leftOut.length > 0 ? [row('left out', named(leftOut))] : []),
    ...(time.guessed ? [row('mind', 'months were taken to stand before days; --time-format D/M/YYYY if not')] : []),
  ]
}

function describeReport(
  report: Report,
  { dryRun, zone }: { readonly dryRun: boolean; readonly zone: string },
): string[] {
  const unchanged = report.unchanged > 0 ? `, of which ${count(report.unchanged)} had this value already` : ''
  const rows: readonly (readonly [number: number, name: string, what: string])[] = [
    [report.deferred, dryRun ? 'would defer' : 'deferred', 'points: their month is sealed or archived'],
    [report.collapsed, 'collapsed', 'points: a later line has the same series and instant'],
    [report.empty, 'empty', 'cells'],
    [report.shownTwice, 'twice', `times that the clocks of ${zone} showed twice: distinguished by the order of rows`],
    [
      report.neverShown,
      'never',
      `times that the clocks of ${zone} never showed: read as if the clocks had not been set forward yet`,
    ],
    [report.refused, 'refused', `(${reasonsOf(report)})`],
  ]
  const rest = report.refused - report.first.length
  return [
    row('read', `${count(report.rows)} rows`),
    row(dryRun ? 'would store' : 'stored', `${count(report.stored)} points${unchanged}`),
    ...rows.filter(([number]) => number > 0).map(([number, name, what]) => row(name, `${count(number)} ${what}`)),
    ...report.first.map(({ line, column, detail }) => {
      return `    line ${line}${column === null ? '' : `, ${column || NO_NAME}`}: ${detail}`
    }),
    ...(rest > 0 ? [`    and ${count(rest)} more`] : []),
  ]
}

const row = (name: string, what: string): string => `  ${name.padEnd(12)}${what}`

function reasonsOf({ reasons }: Report): string {
  const sorted = Object.entries(reasons).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return sorted.map(([code, number]) => `${count(number)} ${code}`).join(', ')
}
