// A dashboard of the node exporter, whose requests are replayed through HTTP over what a real exporter said, and compared with Prometheus.
// With PROMQL_DASHBOARD=<file> the expressions of that dashboard are asked too.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isPrometheusInstalled } from '../../test/support/programs/prometheus.ts'
import { type PrometheusReceiver, startReceiver } from '../../test/support/programs/prometheus-receiver.ts'
import { differenceOf } from '../../test/support/promql/compare.ts'
import { expressionsOf, nodeQueries } from '../../test/support/promql/node-dashboard.ts'
import { captureNode, isNodeExporterInstalled } from '../../test/support/promql/node-exporter.ts'
import { type ServedEngine, startServedEngine } from '../../test/support/promql/served-engine.ts'

const isPossible = isPrometheusInstalled && isNodeExporterInstalled
const needed = isPossible ? '' : ' (skipped: apt-get install prometheus prometheus-node-exporter)'
const START_MS = Date.UTC(2026, 2, 1, 10)
const given = process.env['PROMQL_DASHBOARD']
const queries = [...nodeQueries, ...(given === undefined ? [] : expressionsOf(given))]
const RANGE = { start: String(START_MS / 1_000), end: String(START_MS / 1_000 + 2_700), step: '30' }

describe.skipIf(!isPossible)(`a dashboard of the node exporter${needed}`, () => {
  let engine: ServedEngine
  let prometheus: PrometheusReceiver
  let key: string
  beforeAll(async () => {
    ;[engine, prometheus] = await Promise.all([startServedEngine(['2026-03-01']), startReceiver()])
    key = await engine.tenant('default')
    const captured = await captureNode(START_MS)
    if (captured.length < 300) throw new Error(`the node exporter gave ${captured.length} series`)
    await engine.write(key, captured)
    await prometheus.write(captured)
  }, 120_000)
  afterAll(async () => {
    await engine?.close()
    await prometheus?.stop()
  })

  it(`is answered like Prometheus answers it: ${queries.length} panels`, { timeout: 120_000 }, async () => {
    const differences: string[] = []
    let answered = 0
    for (const query of queries) {
      const expected = await prometheus.ask('query_range', { query, ...RANGE })
      const { code: _code, ...answer } = await engine.ask(key, 'query_range', { query, ...RANGE }, 'POST')
      const difference = differenceOf(expected, answer, true)
      if (difference) differences.push(`${query}: ${difference}`)
      if (JSON.stringify(answer).includes('values')) answered++
    }
    expect(differences).toEqual([])
    expect(answered).toBeGreaterThan(nodeQueries.length * 0.6)
  })

  it('finds the values of its variables', async () => {
    for (const [path, parameters] of [
      ['label/job/values', { 'match[]': 'node_uname_info' }],
      ['label/instance/values', { 'match[]': 'node_uname_info{job="node"}' }],
      ['label/nodename/values', { 'match[]': 'node_uname_info{job="node"}', start: RANGE.start, end: RANGE.end }],
      ['series', { 'match[]': 'node_network_info', start: RANGE.start, end: RANGE.end }],
      ['labels', { 'match[]': 'node_filesystem_size_bytes' }],
    ] as const) {
      const method = path.startsWith('label/') ? 'GET' : 'POST'
      const { data } = await prometheus.ask(path, parameters, method)
      expect((data as readonly unknown[]).length).toBeGreaterThan(0)
      expect((await engine.ask(key, path, parameters, method)).data).toEqual(data)
    }
  })
})
