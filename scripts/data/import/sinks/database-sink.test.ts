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
  await db.query('truncate metric_log, import_progress, metric_expiry')
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
/** The points as a reader sees them: of an instant, the value that was written last. */
const points = `(
  select distinct on (l.tenant_id, u.series, u.ts) l.tenant_id, u.series as series_id, u.ts, u.value
  from metric_log l cross join lateral unnest(l.series, l.ts, l.value) with ordinality as u (series, ts, value, i)
  order by l.tenant_id, u.series, u.ts, l.xid desc, u.i desc)`
const stored = async () =>
  await db.query(
    `select t.name as tenant, s.metric_type as type, p.ts, p.value from ${points} p
     join metric_series s on s.id = p.series_id and s.tenant_id = p.tenant_id join tenant t on t.id = p.tenant_id
     order by 1, 2, 3`,
  )
const one = async (sql: string) => Object.values((await db.query(sql))[0] ?? {})[0]
const minute = (i: number) => new Date(Date.UTC(2014, 0, 31, 12) + i * 60_000).toISOString()
const rows = (count: number, valueOf: (i: number) => string | number = (i) => i) =>
  `time,a\n${Array.from({ length: count }, (_, i) => `${minute(i)},${valueOf(i)}`).join('\n')}\n`

describe('an import into the database', () => {
  it('stores what a file holds, whatever its months', async () => {
    const { lines, said } = await run(
      'a.csv',
      'time,a,b\n2013-12-31 23:59:59.999999,1,2\n2014-01-01,3,\n2014-03-01,4,x\n',
    )
    expect(await stored()).toEqual([
      { tenant: 'acme', type: 'a', ts: '2013-12-31 23:59:59.999999+00', value: 1 },
      { tenant: 'acme', type: 'a', ts: '2014-01-01 00:00:00+00', value: 3 },
      { tenant: 'acme', type: 'a', ts: '2014-03-01 00:00:00+00', value: 4 },
      { tenant: 'acme', type: 'b', ts: '2013-12-31 23:59:59.999999+00', value: 2 },
    ])
    expect(said).toEqual([])
    expect(lines.slice(3)).toEqual([
      '  read        3 rows',
      '  stored      4 points',
      '  empty       1 cells',
      '  refused     1 (1 bad_value)',
      '    line 4, b: "x" is not a number',
    ])
    expect(await one('select series_count from tenant where id = ' + acme)).toBe(2)
    expect(await one('select count(*)::int from import_progress')).toBe(0)
  })

  it('keeps of each instant the last line of the file, in a chunk and across chunks, also when they are out of order', async () => {
    const count = CHUNK_POINTS + 500
    const again = [
      `${minute(5)},-5`,
      `${minute(count - 1)},-1`,
      `${minute(5)},-6`,
      `${minute(count)},9`,
      `${minute(2)},-2`,
    ]
    const { lines } = await run('a.csv', rows(count) + again.join('\n'))
    expect(await one(`select count(*)::int from ${points} p`)).toBe(count + 1)
    const values = async (i: number) => await one(`select value from ${points} p where ts = '${minute(i)}'`)
    expect(await Promise.all([2, 5, count - 2, count - 1, count].map(values))).toEqual([-2, -6, count - 2, -1, 9])
    // One of the five lines was replaced in the second chunk, which replaced another of its own and two of the first chunk.
    expect(lines).toContain('  collapsed   2 points: a later line has the same series and instant')
    expect(lines).toContain(`  stored      ${(count + 3).toLocaleString('en-US')} points`)
  })

  it('refuses points of a month whose archive has expired, with their lines', async () => {
    await db.query(`insert into metric_expiry values ($1, '2014-02-01Z')`, [acme])
    const { lines, refused } = await run(
      'a.csv',
      'time,a\n2014-02-01,4\n2014-01-31 01:00,2\nnoon,1\n2014-01-31 02:00,3\n',
    )
    expect(refused).toBe(3)
    expect(lines.slice(-4)).toEqual([
      '  refused     3 (2 month_expired, 1 bad_time)',
      '    line 3: timestamp lies in a month whose archive has expired',
      '    line 4, time: "noon" is not a time in the format iso',
      '    line 5: timestamp lies in a month whose archive has expired',
    ])
    expect((await stored()).map(({ value }) => value)).toEqual([4])
  })

  it('refuses the points of series for which the tenant has no room, just above its limit', async () => {
    await db.query('update tenant set series_limit = 2')
    const { lines, refused } = await run('a.csv', 'time,a,b,c\n2014-01-01,1,2,3\n2014-01-02,4,5,6\n')
    expect(refused).toBe(2)
    expect(lines.slice(-2)).toEqual([
      '    line 2: s c would be a new series, and the tenant has reached its limit of 2',
      '    line 3: s c would be a new series, and the tenant has reached its limit of 2',
    ])
    expect((await stored()).map(({ type }) => type)).toEqual(['a', 'a', 'b', 'b'])
  })

  it('makes no series for a column without a value', async () => {
    await run('a.csv', 'time,a,empty\n2014-01-01,1,\n2014-01-02,,\n')
    expect(await db.query('select metric_type from metric_series')).toEqual([{ metric_type: 'a' }])
  })

  it('takes NDJSON in the form of the wire, labels canonical', async () => {
    const metric = {
      service_name: 's',
      metric_type: 't',
      unit: 'C',
      metric_value: 1,
      timestamp: '2014-01-01T00:00:00Z',
    }
    const lines = [
      { ...metric, metric_metadata: { b: 1, a: 'x' } },
      [
        { ...metric, metric_value: 2, metric_metadata: { a: 'x', b: 1 } },
        { ...metric, metric_value: 3 },
      ],
    ]
    await importer.run([importer.file('a.ndjson', lines.map((l) => JSON.stringify(l)).join('\n')), '--tenant', 'acme'])
    expect(
      await db.query(`select labels, value from ${points} p join metric_series s on s.id = series_id order by value`),
    ).toEqual([
      { labels: { a: 'x', b: 1 }, value: 2 },
      { labels: {}, value: 3 },
    ])
  })

  it('changes nothing in a dry run, and says the same of what is refused', async () => {
    await run('first.csv', 'time,x\n2014-01-31,1\n')
    await db.query(`insert into metric_expiry values ($1, '2014-02-01Z')`, [acme])
    await db.query('update tenant set series_limit = 2')
    const tables = ['metric_log', 'metric_series', 'import_progress', 'tenant']
    const all = async () => await Promise.all(tables.map(async (table) => await db.query(`select * from ${table}`)))
    const before = await all()
    const file = 'time,a,b\n2014-01-31,1,\n2016-06-01,2,3\n2016-06-01,4,\nnoon,1,1\n'
    const dry = await run('dry.csv', file, '--dry-run')
    expect(await all()).toEqual(before)
    const real = await run('dry.csv', file)
    const refusals = (lines: readonly string[]) => lines.filter((line) => /^ {4}line|refused|collapsed/.test(line))
    expect(refusals(dry.lines)).toEqual(refusals(real.lines).map((line) => line.replace('s b would', 'would')))
    expect(dry.lines).toContain('  would store 1 points')
    expect(real.lines).toContain('  stored      1 points')
  })
})

describe('an import that was interrupted', () => {
  const count = 3 * CHUNK_POINTS + 10
  const crash = new Error('killed')

  it('goes on after the last chunk that was stored, and tells of all of them', async () => {
    const file = importer.file('big.csv', `${rows(count)}noon,1\n`)
    const args = [file, '--service', 's', '--tenant', 'acme']
    let chunks = 0
    await expect(
      importer.run(args, (sink) => ({
        ...sink,
        prepare: async (identity, chunk) => {
          if (chunks++ === 2) throw crash
          return await sink.prepare(identity, chunk)
        },
      })),
    ).rejects.toThrow(crash)
    expect(await one(`select count(*)::int from ${points} p`)).toBe(2 * CHUNK_POINTS)

    const prepared: number[] = []
    const again = await importer.run(args, (sink) => ({
      ...sink,
      prepare: async (identity, chunk) => (prepared.push(chunk.count), await sink.prepare(identity, chunk)),
    }))
    expect(prepared).toEqual([CHUNK_POINTS, 10])
    expect(again.said).toEqual([
      `an earlier run was interrupted: resuming after line ${(2 * CHUNK_POINTS + 1).toLocaleString('en-US')} (--again begins at the beginning)`,
    ])
    expect(again.lines.slice(3)).toEqual([
      `  read        ${(count + 1).toLocaleString('en-US')} rows`,
      `  stored      ${count.toLocaleString('en-US')} points`,
      '  refused     1 (1 bad_time)',
      `    line ${count + 2}, time: "noon" is not a time in the format iso`,
    ])
    expect(await one(`select count(*)::int from ${points} p`)).toBe(count)
    expect(await one('select count(*)::int from import_progress')).toBe(0)
  })

  it('skips the files that it had stored, until all of them are; --again and other options begin at the beginning', async () => {
    const [first, second] = [importer.file('1.csv', rows(10)), importer.file('2.csv', rows(20))]
    const args = ['--service', 's', '--tenant', 'acme']
    const failing = importer.file('3.csv', 'nothing\n')
    await expect(importer.run([first, second, failing, ...args])).rejects.toThrow(/no column is called like a time/)
    expect(await one('select count(*)::int from import_progress where done')).toBe(2)

    const again = await importer.run([first, ...args, '--again'])
    expect([again.said, again.lines[4]]).toEqual([[], '  stored      10 points'])
    const other = await importer.run([second, ...args, '--zone', 'Europe/Berlin'])
    expect(other.said).toEqual([])
    const skipped = await importer.run([second, ...args])
    expect(skipped.said).toEqual([
      'an earlier run was interrupted: all of it was stored (--again begins at the beginning)',
    ])
    expect(skipped.lines).toContain('  stored      20 points')
    expect(await one('select count(*)::int from import_progress')).toBe(0)
  })

  it('keeps what it had read when the file breaks off, and tells the line', async () => {
    const broken = importer.file('broken.csv', `${rows(CHUNK_POINTS)}"2014-03-01,1\n`)
    await expect(importer.run([broken, '--service', 's', '--tenant', 'acme'])).rejects.toThrow(
      /broken.csv, line \d+: Quote Not Closed/,
    )
    expect(await one(`select count(*)::int from ${points} p`)).toBe(CHUNK_POINTS)
  })

  it('lets one import of a file run at a time', async () => {
    const args = [importer.file('twice.csv', rows(2 * CHUNK_POINTS)), '--service', 's', '--tenant', 'acme']
    const [one_, two] = await Promise.all([importer.run(args), importer.run(args)])
    expect([...one_.said, ...two.said].filter((line) => line.includes('waiting'))).toHaveLength(1)
    for (const { lines } of [one_, two]) expect(lines.join()).toContain('stored      40,000 points')
    expect(await one(`select count(*)::int from ${points} p`)).toBe(2 * CHUNK_POINTS)
  })
})
