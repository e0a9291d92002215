// Programs that our users have read the compact answers: DuckDB the CSV and the Arrow stream, pandas and pyarrow where Python has them.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createDuckDB, NODE_RUNTIME, VoidLogger } from '@duckdb/duckdb-wasm/blocking'
import { DuckDBInstance } from '@duckdb/node-api'
import { openPointIds } from '@penstock/shared/points/point-id.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnswerType } from '../functions/metrics-query/contract.ts'
import { pointForms } from '../functions/metrics-query/range/point-forms.ts'
import { templateOf } from '../functions/metrics-query/range/point-template.ts'

const NOON = Date.UTC(2026, 10, 20, 12) * 1000
const COUNT = 3_600
const limits = { rows: 10_000, bytes: 24 * 1024 * 1024 }
/** Names with everything that a reader could stumble over. */
const series = [
  { id: 1, service_name: 'pump "7", north', metric_type: 'temperature', unit: '°C', labels: { room: 'a,b\n"c"' } },
  { id: 2, service_name: 'Zähler', metric_type: 'power', unit: '', labels: {} },
]
const rows = Array.from({ length: COUNT }, (_, i) => ({
  series: 1 + (i % 2),
  at: NOON - i * 1_000_001,
  value: i % 2 === 0 ? 20 + i / 1_000 : -1e-7 * i,
}))
const sum = rows.reduce((total, { value }) => total + value, 0)
/** The answer of each reader: the count, the sum, the first and last instant, and the parts that distinguish the two series. */
const expected = {
  count: COUNT,
  sum: expect.closeTo(sum, 6) as number,
  first: NOON - (COUNT - 1) * 1_000_001,
  last: NOON,
  names: ['Zähler', 'pump "7", north'],
  metadata: '{"room":"a,b\\n\\"c\\""}',
  without: COUNT / 2,
}
const QUESTION = `
  select count(*)::int as count, sum(metric_value) as sum, epoch_us(min("timestamp"))::double as first,
    epoch_us(max("timestamp"))::double as last, list_sort(list(distinct service_name)) as names,
    max(metric_metadata) as metadata, (count(*) filter (metric_metadata is null))::int as without`

let folder: string
const file = (name: string): string => join(folder, name)

function answer(type: AnswerType): Buffer {
  const code = openPointIds(Buffer.alloc(16, 1)).codesOf([1, 2])
  const templates = new Map(series.map((row) => [row.id, templateOf(row, code.get(row.id) ?? '')]))
  const points = {
    series: Int32Array.from(rows, (row) => row.series),
    at: Float64Array.from(rows, (row) => row.at),
    value: Float64Array.from(rows, (row) => row.value),
  }
  return pointForms[type](points, templates, limits).bytes
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-readers-'))
  writeFileSync(file('points.csv'), answer('text/csv'))
  writeFileSync(file('points.arrows'), answer('application/vnd.apache.arrow.stream'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('DuckDB', () => {
  it('reads the CSV, and finds its types without being told', async () => {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    try {
      const found = await connection.runAndReadAll(`${QUESTION} from read_csv('${file('points.csv')}')`)
      expect(found.getRowObjectsJson()).toEqual([expected])
      const types = await connection.runAndReadAll(`describe from read_csv('${file('points.csv')}')`)
      expect(types.getRowObjectsJson().map((column) => column['column_type'])).toEqual([
        ...Array.from({ length: 4 }, () => 'VARCHAR'),
        'TIMESTAMP WITH TIME ZONE',
        'DOUBLE',
      ])
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  })

  it('reads the Arrow stream', async () => {
    const wasm = dirname(fileURLToPath(import.meta.resolve('@duckdb/duckdb-wasm')))
    const bundle = { mainModule: join(wasm, 'duckdb-eh.wasm'), mainWorker: join(wasm, 'duckdb-node-eh.worker.cjs') }
    const database = await createDuckDB({ mvp: bundle, eh: bundle }, new VoidLogger(), NODE_RUNTIME)
    await database.instantiate()
    const connection = database.connect()
    connection.insertArrowFromIPCStream(answer('application/vnd.apache.arrow.stream'), { name: 'points' })
    const [found] = connection.query(`${QUESTION} from points`).toArray()
    expect({ ...found?.toJSON(), names: Array.from(found?.['names'] as Iterable<string>) }).toEqual(expected)
    connection.close()
  })
})

/** Texts of an Arrow stream are dictionaries, which pandas reads as categories: they have no order, so the greatest is found among strings. */
const PYTHON_ANSWER = `
def answer(frame):
    at = frame["timestamp"]
    micros = lambda instant: instant.value // 1000
    return {"count": len(frame), "sum": float(frame["metric_value"].sum()), "first": micros(at.min()), "last": micros(at.max()),
            "names": sorted(frame["service_name"].unique(), key=str.encode),
            "metadata": frame["metric_metadata"].dropna().astype(str).max(), "without": int(frame["metric_metadata"].isna().sum())}
`
const PANDAS = `
import json, sys
import pandas
${PYTHON_ANSWER}
json.dump(answer(pandas.read_csv(sys.argv[1], parse_dates=["timestamp"])), sys.stdout)
`
const PYARROW = `
import json, sys
import pyarrow, pyarrow.csv
${PYTHON_ANSWER}
table = pyarrow.ipc.open_stream(sys.argv[1]).read_all()
assert str(table.schema.field("timestamp").type) == "timestamp[us, tz=UTC]", table.schema
assert pyarrow.csv.read_csv(sys.argv[2]).num_rows == table.num_rows
json.dump(answer(table.to_pandas()), sys.stdout)
`

/** Pythons that a machine has: a package of the system is in the system's. */
const PYTHONS = ['python3', '/usr/bin/python3']

/** Returns the first Python that has all of these modules. */
const pythonWith = (modules: string): string | undefined =>
  PYTHONS.find((python) => {
    try {
      execFileSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })

describe('Python', () => {
  const pandas = pythonWith('pandas')
  const pyarrow = pythonWith('pandas, pyarrow.csv, pyarrow.ipc')
  const run = async (python: string, program: string, ...names: readonly string[]): Promise<unknown> =>
    JSON.parse((await promisify(execFile)(python, ['-c', program, ...names.map(file)])).stdout)

  it.skipIf(pandas === undefined)('reads the CSV with pandas (needs python3 with pandas)', async () => {
    expect(await run(pandas ?? '', PANDAS, 'points.csv')).toEqual(expected)
  })

  it.skipIf(pyarrow === undefined)(
    'reads the Arrow stream with pyarrow (needs python3 with pyarrow and pandas)',
    async () => {
      expect(await run(pyarrow ?? '', PYARROW, 'points.arrows', 'points.csv')).toEqual(expected)
    },
  )
})
