// The command as a person calls it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../test/support/postgres/database.ts'

let db: TestDatabase
let folder: string
beforeAll(async () => {
  db = await createTestDatabase()
  await createTenant(db, 'default')
  folder = mkdtempSync(join(tmpdir(), 'penstock-import-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await db.drop()
})

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

/** The most memory that the process has had, in KiB, is the last line that it writes. */
const TELL_MEMORY = 'data:text/javascript,process.on("exit",()=>console.error(process.resourceUsage().maxRSS))'
const SMALL_HEAP = ['--max-old-space-size=40', '--max-semi-space-size=4', '--import', TELL_MEMORY]

function start(args: readonly string[], flags: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, [...flags, join(import.meta.dirname, 'penstock.ts'), 'import', ...args], {
    env: { ...process.env, DATABASE_URL: db.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
async function run(args: readonly string[], flags: readonly string[] = []) {
  const child = start(args, flags)
  const exit = once(child, 'exit')
  const [stdout, stderr] = await Promise.all([text(child.stdout as never), text(child.stderr as never)])
  const [code] = (await exit) as [number | null]
  return { code, stdout, stderr }
}
const one = async (sql: string) => Object.values((await db.query(sql))[0] ?? {})[0]

describe('npm run import', () => {
  it('ends with 0, prints what became of each file to stdout, and the rest to stderr', async () => {
    const files = [
      file('a.csv', 'time,v\n2014-01-01,1\nnoon,2\n'),
      file('b.csv.gz', gzipSync('time,v\n2014-01-01,3\n')),
    ]
    const { code, stdout, stderr } = await run([...files, '--service', '{file}'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n').filter((line) => /^\S|stored|series|line/.test(line))).toEqual([
      files[0],
      '  series      a: v',
      '  stored      1 points',
      '    line 3, time: "noon" is not a time in the format iso',
      files[1],
      '  series      b: v',
      '  stored      1 points',
    ])
  })

  it.each([
    [['dirty.csv', '--service', 's', '--strict'], 3, /^$/],
    [['dirty.csv'], 2, /^import: a CSV file needs --service NAME\nusage: penstock import/],
    [[], 2, /^import: missing required argument 'files'\nusage:/],
    [
      ['dirty.csv', '--service', 's', '--tenant', 'nobody'],
      1,
      /^import: there is no tenant nobody. Create it: penstock keys/,
    ],
    [['dirty.csv', 'missing.csv', '--service', 's'], 1, /^import: cannot read .*missing.csv: ENOENT/],
    [['days.csv', '--service', 's'], 1, /^import: .*days.csv has its days before its months: --time-format D\/M\/YYYY/],
  ])('%j ends with %d and says why', async (args, code, message) => {
    file('dirty.csv', 'time,v\n2014-01-01,1\nnoon,2\n')
    file('days.csv', `time,v\n${Array.from({ length: 13 }, (_, i) => `${i + 1}/2/2014,1`).join('\n')}\n`)
    const paths = args.map((arg) => (arg.endsWith('.csv') ? join(folder, arg) : arg))
    const ended = await run(paths)
    expect(ended.code).toBe(code)
    expect(ended.stderr).toMatch(message)
    expect(await one(`select count(*)::int from stored_point where ts > '2014-02-01'`)).toBe(0)
  })

  it('refuses a suspended tenant', async () => {
    await db.query(`insert into tenant (name, status) values ('asleep', 'suspended')`)
    const ended = await run([file('a.csv', 'time,v\n2014-01-01,1\n'), '--service', 's', '--tenant', 'asleep'])
    expect([ended.code, ended.stderr]).toEqual([1, 'import: the tenant asleep is suspended\n'])
  })

  it('that was killed goes on where it was, within a small and steady memory, and stores each row once', async () => {
    const count = 150_000
    const row = (i: number) => `${new Date(Date.UTC(2020, 0, 1) + i * 10_000).toISOString()},${i},${-i}`
    const big = file('big.csv', `time,a,b\n${Array.from({ length: count }, (_, i) => row(i)).join('\n')}\n`)
    const args = [big, '--service', 'big']

    await db.query('delete from import_progress')
    const killed = start(args)
    await vi.waitFor(async () => expect(await one('select count(*)::int from import_progress')).toBe(1), {
      timeout: 20_000,
      interval: 5,
    })
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    const partly = (await one(`select count(*)::int from stored_point where ts >= '2020-01-01'`)) as number
    expect(partly).toBeGreaterThan(0)
    expect(partly).toBeLessThan(2 * count)

    const { code, stdout, stderr } = await run(args, SMALL_HEAP)
    expect(code).toBe(0)
    expect(stderr).toMatch(/^an earlier run was interrupted: resuming after line [\d,]+ /)
    expect(stdout).toContain('  stored      300,000 points\n')
    const sums = `select metric_type, count(*)::int, sum(value) from stored_point join metric_series s on s.id = series_id
      where service_name = 'big' group by 1 order by 1`
    const sum = (count * (count - 1)) / 2
    expect(await db.query(sums)).toEqual([
      { metric_type: 'a', count, sum },
      { metric_type: 'b', count, sum: -sum },
    ])
    expect(await one('select count(*)::int from import_progress')).toBe(0)
    expect(Number(stderr.trim().split('\n').at(-1))).toBeLessThan(170 * 1024)
  }, 90_000)
})
