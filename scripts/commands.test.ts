// The commands of a person, as they are called.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { idOfApiKey } from '@penstock/shared/auth/api-key.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checksumKey } from '../test/support/http/api-keys.ts'
import { createTestDatabase, type TestDatabase } from '../test/support/postgres/database.ts'

let db: TestDatabase

beforeAll(async () => {
  db = await createTestDatabase()
})

afterAll(async () => {
  await db.drop()
})

test('a new key is alone on stdout', async () => {
  const made = await command('keys', ['create', '--tenant', 'acme', '--scopes', 'metrics:read, metrics:write'])

  expect(made.code).toBe(0)
  expect(made.stdout).toMatch(/^pk_[0-9A-Za-z]{12}_[0-9A-Za-z]{54}\n$/)
  expect(made.stderr).toContain('acme: metrics:read, metrics:write')
  expect(made.stderr).not.toContain(made.stdout.trim())
  expect(await db.query('select scopes from api_key')).toEqual([{ scopes: ['metrics:read', 'metrics:write'] }])
})

test('a key is listed without its secret and can be revoked', async () => {
  const { stdout } = await command('keys', ['create', '--platform', '--scopes', 'operate', '--expires-in-days', '2'])
  const id = idOfApiKey(stdout.trim()) ?? ''

  const listed = await command('keys', ['list'])
  expect(listed.stdout).toMatch(new RegExp(`^${id} +\\| \\(platform\\) +\\| operate`, 'm'))
  expect(listed.stdout).not.toContain(stdout.slice(16, 59))
  expect((await command('keys', ['revoke', id])).code).toBe(0)
  expect((await command('keys', ['list'])).stdout).toMatch(new RegExp(`^${id}.*revoked`, 'm'))
})

test('where stdout is a log, a new key is not printed', async () => {
  const made = await command('keys', ['create', '--tenant', 'acme', '--scopes', 'metrics:read'], undefined, {
    CLOUD_RUN_JOB: 'penstock-admin',
  })

  expect([made.code, made.stdout]).toEqual([2, ''])
  expect(made.stderr).toContain('give --to-secret NAME')
})

test.each([
  [['create', '--tenant', 'a', '--scopes', 'everything'], 1, /cannot have the scope "everything"/],
  [
    ['create', '--tenant', 'a', '--platform', '--scopes', 'operate'],
    2,
    /give either --tenant NAME or --platform\nusage:/,
  ],
  [
    ['create', '--scope', 'x'],
    2,
    /^keys: unknown option '--scope'. Did you mean --scopes\?\nusage: penstock keys create/,
  ],
  [['revoke'], 2, /^keys: missing required argument 'id'\nusage:/],
  [['user', '--tenant', 'a'], 2, /required option '--subject <who>' not specified\nusage:/],
  [['create', '--tenant', 'a', '--scopes', 'metrics:read', '--subject', 'b'], 2, /unknown option '--subject'\nusage:/],
  [['revoke', 'nope'], 1, /there is no key/],
])('keys %j ends with %d and says why, with nothing on stdout', async (args, code, message) => {
  const failed = await command('keys', args)

  expect([failed.code, failed.stdout]).toEqual([code, ''])
  expect(failed.stderr).toMatch(message)
})

test('statements are answered with tables, as PostgreSQL writes values', async () => {
  const statements = `select 1::numeric(4,2) as n, null as gone, '2026-11-20T12:00:00.123456Z'::timestamptz as at; set x.y = 'z'`

  const asked = await command('sql', [statements])
  expect(asked.stdout.split('\n')).toEqual([
    'n    | gone | at',
    '-----+------+------------------------------',
    '1.00 |      | 2026-11-20 12:00:00.123456+00',
    '(1 row)',
    'SET',
    '',
  ])
})

test('statements come from stdin too, and one that fails ends with 1', async () => {
  expect((await command('sql', [], 'select 40 + 2 as answer')).stdout).toContain('42')
  const failed = await command('sql', [], 'select * from nowhere')
  expect([failed.code, failed.stderr]).toEqual([1, 'ERROR: relation "nowhere" does not exist\n'])
})

test('statements about the former tables of points are answered with what to read instead', async () => {
  const asked = await command('sql', ['select count(*) from metric_point'])
  expect([asked.code, asked.stderr]).toEqual([
    1,
    'ERROR: metric_point is no table any more: ask the function metric_points(series, from, to), or look at stored_point\n',
  ])
  expect(await command('sql', ['select count(*) from stored_point'])).toMatchObject({ code: 0, stderr: '' })
})

test('the jobs are listed, and a call of one that is not there says which are', async () => {
  expect((await command('schedule', ['list'])).stdout).toMatch(/^partitions +\| \*\/5 \* \* \* \*/m)
  expect((await command('schedule', ['run', 'nothing'])).stderr).toContain('the jobs are: partitions')
  expect(await command('schedule', [])).toMatchObject({ code: 2 })
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function command(
  name: string,
  args: readonly string[],
  stdin = '',
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(import.meta.dirname, 'penstock.ts'), name, ...args],
      { env: { ...process.env, DATABASE_URL: db.url, KEY_CHECKSUM_KEY: checksumKey.toString('hex'), ...environment } },
      (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
    child.stdin?.end(stdin)
  })
}
