// All experiments, in the order in which they run and are printed: those that write come before those that read.

import { UsageError } from '../../cli/usage-error.ts'
import { allDeployments } from '../../deploy/deployments.ts'
import type { Experiment } from './experiment.ts'
import { archiving } from './experiments/archiving.ts'
import { killedWorkers, leasing } from './experiments/backfill.ts'
import { coldReading } from './experiments/cold.ts'
import { coldStart } from './experiments/cold-start.ts'
import { compactReading } from './experiments/compact-reading.ts'
import { keptStats, rating } from './experiments/feedback.ts'
import { foreignWriting } from './experiments/foreign-writing.ts'
import { importCsv } from './experiments/import-csv.ts'
import { aggregateQuestions, newestQuestions, rangeQuestions, reading } from './experiments/reading.ts'
import { storedColumns } from './experiments/stored-columns.ts'
import { storedReading } from './experiments/stored-reading.ts'
import { storedWriting } from './experiments/stored-writing.ts'
import { alertCost, auditCost, monitoringCost } from './experiments/watching.ts'
import { waysIn } from './experiments/ways-in.ts'
import { writeCost } from './experiments/write-cost.ts'
import { type Writing, writing, writingWithLimits } from './experiments/writing.ts'
import { fairness } from './fairness/fairness.ts'
import { promqlCost } from './promql/promql-cost.ts'

export const experiments: readonly Experiment[] = [
  writing(single(1)),
  writing({ ...single(8), isHeavy: true }),
  writing(single(64)),
  writing({ ...batches(100, 1), isHeavy: true }),
  writing(batches(100, 8)),
  writing({ ...batches(100, 64), isHeavy: true }),
  writing({ ...batches(1_000, 1), isHeavy: true }),
  writingWithLimits(batches(1_000, 8)),
  writing({ ...batches(1_000, 64), isHeavy: true }),
  writing({ ...batches(10_000, 1), isHeavy: true }),
  writing(batches(10_000, 8)),
  writing({ ...batches(10_000, 64), isHeavy: true }),
  writing(pushes('pubsub.single.c8', 1)),
  writing(pushes('pubsub.batch-1000.c8', 1_000)),
  foreignWriting('otlp'),
  foreignWriting('remote-write'),
  foreignWriting('line-protocol'),
  writeCost,
  storedWriting,
  storedReading,
  storedColumns,
  importCsv,
  archiving,
  rating,
  keptStats,
  leasing,
  killedWorkers,
  reading({
    name: 'query.range-3600.c8',
    what: 'an hour of seconds of one series among 5 M points, by 8 clients',
    concurrency: 8,
    questions: rangeQuestions,
    isRight: (answer) => Array.isArray(answer) && answer.length === 3_600,
  }),
  reading({
    name: 'query.aggregate-24h.c8',
    what: 'a day of seconds of one series by the hour among 5 M points, by 8 clients',
    concurrency: 8,
    questions: aggregateQuestions,
    isRight: (answer) => countOf(answer) === 86_400,
  }),
  reading({
    name: 'query.newest-1000.c8',
    what: 'the newest 1,000 of 5 M points of 1,040 series, by 8 clients',
    concurrency: 8,
    questions: newestQuestions,
    isRight: (answer) => Array.isArray(answer) && answer.length === 1_000,
  }),
  compactReading,
  coldReading,
  promqlCost,
  monitoringCost,
  alertCost,
  auditCost,
  ...allDeployments().map(({ name }) => coldStart(name)),
  waysIn,
  fairness,
]

/**
 * Returns the experiments with these rows, or all of a group (`protocols`); without names, those that are not heavy.
 * @throws {UsageError} for an unknown name.
 */
export function selectExperiments(names: readonly string[]): readonly Experiment[] {
  if (names.length === 0) return experiments.filter((one) => one.isHeavy !== true)
  const unknown = names.find((name) => !experiments.some((one) => one.names.some((row) => isOf(row, name))))
  if (unknown !== undefined)
    throw new UsageError(`there is no benchmark ${JSON.stringify(unknown)}: --list shows all of them`)
  return experiments.filter((one) => rowsWanted(one, names).size > 0)
}

/** Selects the rows of an experiment by their names or by their group's; without names it selects all. */
export function rowsWanted({ names: rows }: Pick<Experiment, 'names'>, names: readonly string[]): ReadonlySet<string> {
  return new Set(names.length === 0 ? rows : rows.filter((row) => names.some((name) => isOf(row, name))))
}

const isOf = (row: string, name: string): boolean => row === name || row.startsWith(`${name}.`)

function single(concurrency: number): Writing {
  return {
    name: `ingest.single.c${concurrency}`,
    what: `one metric a request, echoed, by ${clients(concurrency)}`,
    function: 'metrics-ingest',
    recipe: { kind: 'single' },
    concurrency,
  }
}

function batches(points: number, concurrency: number): Writing {
  return {
    name: `ingest.batch-${points}.c${concurrency}`,
    what: `batches of ${points}, answered by a count, by ${clients(concurrency)}`,
    function: 'metrics-ingest',
    recipe: { kind: 'batch', points },
    concurrency,
  }
}

function pushes(name: string, points: number): Writing {
  return {
    name,
    what: `pushes of messages of ${points}, with ID tokens, 8 at a time`,
    function: 'metrics-ingest-pubsub',
    recipe: { kind: 'push', points },
    concurrency: 8,
  }
}

function clients(concurrency: number): string {
  return concurrency === 1 ? '1 client' : `${concurrency} clients`
}

function countOf(answer: unknown): number {
  const { data } = answer as { readonly data: readonly { readonly count: number }[] }
  return data.reduce((sum, bucket) => sum + bucket.count, 0)
}
