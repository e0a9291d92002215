import { expect, test } from 'vitest'
import { allDeployments } from '../../deploy/deployments.ts'
import { experiments, rowsWanted, selectExperiments } from './catalogue.ts'

const names = experiments.flatMap((experiment) => experiment.names)

/** A name never changes once given, and none goes: programs compare runs by them. New ones are added to this list. */
const GIVEN = [
  'ingest.single.c1',
  'ingest.single.c8',
  'ingest.single.c64',
  'ingest.batch-100.c1',
  'ingest.batch-100.c8',
  'ingest.batch-100.c64',
  'ingest.batch-1000.c1',
  'ingest.batch-1000.c8',
  'limit.copy',
  'limit.unnest',
  'ingest.batch-1000.c64',
  'ingest.batch-10000.c1',
  'ingest.batch-10000.c8',
  'ingest.batch-10000.c64',
  'pubsub.single.c8',
  'pubsub.batch-1000.c8',
  'protocols.otlp.batch-10000.c8',
  'protocols.remote-write.batch-10000.c8',
  'protocols.line-protocol.batch-10000.c8',
  'cost.line-5000.c8',
  'drained.line-5000.c8',
  'cost.json-1000.c8',
  'drained.json-1000.c8',
  'cost.single.c64',
  'drained.single.c64',
  'stored.1000x1.bytes',
  'stored.1000x1.wal',
  'stored.1000x1.insert-cpu',
  'stored.1000x1.compaction-cpu',
  'stored.1000x1.compaction-node-cpu',
  'stored.100x10.bytes',
  'stored.100x10.wal',
  'stored.100x10.insert-cpu',
  'stored.100x10.compaction-cpu',
  'stored.100x10.compaction-node-cpu',
  'stored.minute.bytes',
  'stored.minute.wal',
  'stored.minute.insert-cpu',
  'stored.minute.compaction-cpu',
  'stored.minute.compaction-node-cpu',
  'stored.hour.bytes',
  'stored.hour.wal',
  'stored.hour.insert-cpu',
  'stored.hour.compaction-cpu',
  'stored.hour.compaction-node-cpu',
  'stored.singles.bytes',
  'stored.singles.wal',
  'stored.singles.insert-cpu',
  'stored.singles.compaction-cpu',
  'stored.singles.compaction-node-cpu',
  'stored-read.minute-of-100.backend',
  'stored-read.minute-of-100.all',
  'stored-read.range-3600.backend',
  'stored-read.range-3600.all',
  'stored-read.day-of-seconds.backend',
  'stored-read.day-of-seconds.all',
  'stored-read.newest-1000.backend',
  'stored-read.newest-1000.all',
  'stored-columns.range-3600.c8',
  'stored-columns.range-3600.cpu',
  'stored-columns.json-3600.cpu',
  'import.csv',
  'archive.write',
  'archive.bytes-per-point',
  'cold.reopen',
  'feedback.rate.c16',
  'cache.stats.c8',
  'backfill.ranges.c8',
  'backfill.killed-workers',
  'query.range-3600.c8',
  'query.aggregate-24h.c8',
  'query.newest-1000.c8',
  'query.columns-3600.c8',
  'query.columns-3600.bytes',
  'query.columns-3600.zstd',
  'cold.query-day.c8',
  'cold.query-day.read',
  'cold.query-day.cpu',
  'promql.sum-by.prometheus',
  'promql.sum-by.victoria',
  'promql.rate.prometheus',
  'promql.rate.victoria',
  'promql.peak',
  'monitoring.run',
  'monitoring.write-cpu',
  'alerts.rules-1000',
  'alerts.analytics',
  'audit.verify-1m',
  'cold-start.by-token',
  'cold-start.by-connector',
  'fairness.unfinished-bodies',
  'fairness.made-up-keys',
  'fairness.heavy-reads',
  'fairness.huge-bodies',
  'fairness.dead-letters',
  'fairness.many-series',
]

test('every name that was ever given is there, and no other', () => {
  const made = allDeployments().map(({ name }) => `cold-start.${name}`)
  expect(names.filter((name) => made.includes(name))).toEqual(made)
  expect(names.filter((name) => !made.includes(name))).toEqual(GIVEN)
})

test('no name is given twice', () => {
  expect(new Set(names).size).toBe(names.length)
})

test('without names, what is heavy is left out', () => {
  const selected = selectExperiments([]).flatMap((experiment) => experiment.names)

  expect(selected).toContain('ingest.batch-1000.c8')
  expect(selected).not.toContain('ingest.batch-1000.c64')
  expect(selected.length).toBe(names.length - 72)
})

test('by name anything runs, each once and in the order of the catalogue', () => {
  const selected = selectExperiments(['query.newest-1000.c8', 'limit.unnest', 'limit.copy', 'ingest.single.c8'])

  expect(selected.map((experiment) => experiment.names[0])).toEqual([
    'ingest.single.c8',
    'ingest.batch-1000.c8',
    'query.newest-1000.c8',
  ])
})

test('by the name of a group all of it runs', () => {
  expect(selectExperiments(['protocols']).map((experiment) => experiment.names[0])).toEqual([
    'protocols.otlp.batch-10000.c8',
    'protocols.remote-write.batch-10000.c8',
    'protocols.line-protocol.batch-10000.c8',
  ])
  expect(() => selectExperiments(['protocol'])).toThrow('there is no benchmark')
})

test('of an experiment with several rows those are wanted that are named, or whose group is', () => {
  const rows = ['ingest.batch-1000.c8', 'limit.copy', 'limit.unnest']

  expect([...rowsWanted({ names: rows }, [])]).toEqual(rows)
  expect([...rowsWanted({ names: rows }, ['limit'])]).toEqual(['limit.copy', 'limit.unnest'])
  expect([...rowsWanted({ names: rows }, ['ingest', 'limit.copy'])]).toEqual(['ingest.batch-1000.c8', 'limit.copy'])
  expect([...rowsWanted({ names: rows }, ['cold-start'])]).toEqual([])
})

test('what writes comes before what reads the five million points that writing would clear away', () => {
  const lastWriter = names.findLastIndex((name) => /^(ingest|pubsub|protocols|limit|storage|import)\./.test(name))
  const firstReader = names.findIndex((name) => name.startsWith('query.'))

  expect(lastWriter).toBeLessThan(firstReader)
})

test('a name that there is not is refused', () => {
  expect(() => selectExperiments(['ingest.single.c9'])).toThrow('there is no benchmark "ingest.single.c9"')
})
