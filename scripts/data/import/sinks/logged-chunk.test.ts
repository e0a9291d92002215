import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createImporter, type Importer } from '../../../../test/support/points/importer.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../../../test/support/postgres/database.ts'
import { CHUNK_POINTS } from '../chunk.ts'

let db: TestDatabase
let importer: Importer
let acme: number

beforeAll(async () => {
  db = await createTestDatabase()
  vi.stubEnv('DATABASE_URL', db.url)
  importer = createImporter()
  acme = await createTenant(db, 'acme')
  await createTenant(db, 'other')
})
beforeEach(async () => {
  await db.query('truncate metric_log, metric_expiry, import_progress')
  await db.query('delete from metric_series')
  await db.query('update tenant set series_limit = 100, series_count = 0')
})
afterAll(async () => {
  await importer.close()
  vi.unstubAllEnvs()
  await db.drop()
})

const run = async (name: string, content: string, ...args: string[]) =>
  await importer.run([importer.file(name, content), '--service', 's', '--tenant', 'acme', ...args])
const stored = async () =>
  (
    await db.query<{ text: string }>(
      `select concat_ws(' ', s.metric_type, to_char(p.ts, 'YYYY-MM-DD"T"HH24:MI:SS.US'), p.value) as text
       from stored_point p join metric_series s on s.id = p.series_id where p.tenant_id = $1 order by 1`,
      [acme],
    )
  ).map(({ text }) => text)
const minute = (i: number) => new Date(Date.UTC(2014, 0, 31, 12) + i * 60_000).toISOString()
const rows = (count: number) => `time,a\n${Array.from({ length: count }, (_, i) => `${minute(i)},${i}`).join('\n')}\n`

describe('an import into the log', () => {
  it('stores what a file holds, of any month, and makes none', async () => {
    const { lines, said } = await run(
      'a.csv',
      'time,a,b\n2013-12-31 23:59:59.999999,1,2\n2014-01-01,3,\n2014-03-01,4,x\n',
    )
    expect(await stored()).toEqual([
      'a 2013-12-31T23:59:59.999999 1',
      'a 2014-01-01T00:00:00.000000 3',
      'a 2014-03-01T00:00:00.000000 4',
      'b 2013-12-31T23:59:59.999999 2',
    ])
    expect(said).toEqual([])
    expect(lines.slice(3)).toEqual([
      '  read        3 rows',
      '  stored      4 points',
      '  empty       1 cells',
      '  refused     1 (1 bad_value)',
      '    line 4, b: "x" is not a number',
    ])
  })

  it('keeps of each instant the last line of the file, in a chunk and across chunks', async () => {
    const again = [`${minute(5)},-5`, `${minute(CHUNK_POINTS + 1)},-1`, `${minute(5)},-6`]
    await run('a.csv', rows(CHUNK_POINTS + 500) + again.join('\n'))
    const points = await stored()
    expect(points.length).toBe(CHUNK_POINTS + 500)
    expect(points).toContain(`a ${minute(5).slice(0, -1)}000 -6`)
    expect(points).toContain(`a ${minute(CHUNK_POINTS + 1).slice(0, -1)}000 -1`)
  })

  it('refuses points that have expired, with their lines, and stores the others', async () => {
    await db.query(`insert into metric_expiry values ($1, '2014-02-01Z')`, [acme])
    const file = 'time,a\n2014-02-01,4\n2014-01-31 01:00,2\nnoon,1\n2014-01-31 02:00,3\n'
    const dry = await run('a.csv', file, '--dry-run')
    const { lines, refused } = await run('a.csv', file)
    expect(refused).toBe(3)
    for (const printed of [lines, dry.lines])
      expect(printed.slice(-4)).toEqual([
        '  refused     3 (2 month_expired, 1 bad_time)',
        '    line 3: timestamp lies in a month whose archive has expired',
        '    line 4, time: "noon" is not a time in the format iso',
        '    line 5: timestamp lies in a month whose archive has expired',
      ])
    expect(await stored()).toEqual(['a 2014-02-01T00:00:00.000000 4'])
  })

  it('that was interrupted goes on after the last chunk that was stored', async () => {
    const file = importer.file('big.csv', rows(2 * CHUNK_POINTS + 10))
    const args = [file, '--service', 's', '--tenant', 'acme']
    let chunks = 0
    await expect(
      importer.run(args, (sink) => ({
        ...sink,
        prepare: async (identity, chunk) => {
          if (chunks++ === 1) throw new Error('killed')
          return await sink.prepare(identity, chunk)
        },
      })),
    ).rejects.toThrow('killed')
    expect((await stored()).length).toBe(CHUNK_POINTS)
    await importer.run(args)
    expect((await stored()).length).toBe(2 * CHUNK_POINTS + 10)
    const [sum] = await db.query<{ points: number }>('select sum(n)::int as points from metric_log')
    expect(sum?.points).toBe(2 * CHUNK_POINTS + 10)
  })

  it('refuses the points of series for which the tenant has no room', async () => {
    await db.query('update tenant set series_limit = 1')
    const { refused } = await run('a.csv', 'time,a,b\n2014-01-01,1,2\n')
    expect(refused).toBe(1)
    expect(await stored()).toEqual(['a 2014-01-01T00:00:00.000000 1'])
  })
})
