// The command as a person calls it; what a replay does to a letter is test/dead-letters.test.ts.
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../test/support/postgres/database.ts'

let db: TestDatabase
let acme: number
let ids: string[]
let url: string
/** The function's answer to the next push, by its body. */
let answer: (body: string) => number = () => 204
const pushed: string[] = []
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    pushed.push(body)
    response.writeHead(answer(body)).end()
  })
})

beforeAll(async () => {
  db = await createTestDatabase()
  acme = await createTenant(db, 'acme')
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
beforeEach(async () => {
  await db.query('truncate dead_letter restart identity')
  answer = () => 204
  pushed.length = 0
  const envelope = { message: { data: Buffer.from('{"a":1}').toString('base64'), messageId: '17' }, subscription: 's' }
  const letters: [number | null, string, string, string, string | Buffer][] = [
    [acme, 'pubsub:s', 'invalid', '2026-11-01T00:00:00Z', JSON.stringify(envelope)],
    [acme, 'pubsub:s', 'not_json', '2026-11-10T00:00:00Z', Buffer.from([0xff, 0x00])],
    [acme, 'pubsub:t', 'invalid', '2026-11-20T00:00:00Z', '{"third":1}'],
    [null, 'pubsub:t', 'unknown_tenant', '2026-11-20T00:00:01Z', '{"fourth":1}'],
  ]
  ids = []
  for (const [tenant, source, reason, received, payload] of letters) {
    const rows = await db.query<{ id: string }>(
      `insert into dead_letter (tenant_id, source, message_id, reason, detail, content_type, payload, received_at)
       values ($1, $2, $3, $4, 'because', 'application/json', $5, $6) returning id::text`,
      [tenant, source, `m${ids.length}`, reason, Buffer.from(payload), received],
    )
    ids.push(rows[0]?.id ?? '')
  }
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await db.drop()
})

async function command(...args: string[]) {
  return await new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [join(import.meta.dirname, 'penstock.ts'), 'deadletters', ...args],
      { env: { ...process.env, DATABASE_URL: db.url, KEY_CHECKSUM_KEY: '07'.repeat(32) } },
      (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    ).stdin?.end()
  })
}
const left = async () =>
  (await db.query<{ id: string }>('select id::text from dead_letter order by id')).map(({ id }) => id)

describe('npm run deadletters', () => {
  it.each(['list', 'show', 'replay'])(
    '%s shows the control characters of a hostile sender, and never obeys them',
    async (name) => {
      const hostile = 'OSC\x1b]52;c;ZWNobw==\x07 \x9b2J\rfake\u202e\n99 | 2026-11-01'
      const rows = await db.query<{ id: string }>(
        `insert into dead_letter (tenant_id, source, message_id, reason, detail, content_type, payload)
       values ($1, $2, $2, 'invalid', $2, 'application/json', $3) returning id::text`,
        [acme, hostile, Buffer.from(hostile)],
      )
      answer = () => 500
      const id = rows[0]?.id ?? ''
      const { stdout, stderr } = await command(
        name,
        ...(name === 'list' ? [] : [id]),
        ...(name === 'replay' ? ['--url', url] : []),
      )

      expect(`${stdout}${stderr}`.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      if (name !== 'replay') expect(stdout).toContain('OSC\\u001b]52;c;ZWNobw==\\u0007 \\u009b2J\\u000dfake\\u202e')
      if (name === 'list') expect(stdout).not.toMatch(/^99/m)
    },
  )

  it('lists letters and counts their reasons, all of them or those that a filter means', async () => {
    const { stdout } = await command('list')
    expect(stdout).toMatch(/^1 +\| 2026-11-01 00:00:00 \| acme +\| pubsub:s +\| invalid +\| \d+ +\| because$/m)
    expect(stdout).toMatch(/^invalid +\| 2\nnot_json +\| 1\nunknown_tenant +\| 1\nall +\| 4$/m)
    const times = ['--since', '2026-11-10T00:00:00Z', '--until', '2026-11-20T00:00:00Z']
    expect((await command('list', ...times)).stdout).toMatch(/\nnot_json +\| 1\nall +\| 1\n$/)
    const named = ['--tenant', 'acme', '--source', 'pubsub:t']
    expect((await command('list', ...named)).stdout).toMatch(/\ninvalid +\| 1\nall +\| 1\n$/)
  })

  it('shows all of a letter, what its message holds, and bytes that are no text', async () => {
    const shown = (await command('show', ids[0] ?? '')).stdout
    expect(shown).toMatch(/^reason +invalid$/m)
    expect(shown).toContain('"messageId":"17"')
    expect(shown).toContain('the message holds:\n{"a":1}\n')
    expect((await command('show', ids[1] ?? '')).stdout).toMatch(/^ff00$/m)
    expect(await command('show', '99')).toMatchObject({ code: 1, stderr: 'deadletters: there is no dead letter 99\n' })
  })

  it('discards what is meant, and only when somebody says so', async () => {
    const unasked = await command('discard', '--reason', 'invalid')
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')])
    expect(await left()).toEqual(ids)
    const discarded = await command('discard', '--reason', 'invalid', '--yes')
    expect(discarded.stdout).toMatch(/^invalid +\| 2\nall +\| 2\n2 discarded$/m)
    expect(await left()).toEqual([ids[1], ids[3]])
    await command('discard', ids[3] ?? '', '--yes')
    expect(await left()).toEqual([ids[1]])
  })

  it('replays in order what is meant, keeps what the function does not take, and skips what belongs to nobody', async () => {
    answer = (body) => (body.includes('third') ? 503 : 204)
    const { code, stdout } = await command('replay', '--all', '--url', url)
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /^1: stored\n2: stored\n3: failed: 503 \n4: its tenant does not exist. Give --as-tenant\n2 stored, 0 refused, 1 failed, 1 skipped\n$/,
    )
    expect(await left()).toEqual([ids[2], ids[3]])
    expect((await command('replay', ids[3] ?? '', '--url', url, '--as-tenant', 'acme')).stdout).toMatch(/^4: stored\n/)
    expect(pushed.at(-1)).toBe('{"fourth":1}')
    expect(await db.query('select from api_key where revoked_at is null')).toEqual([])
  })

  it.each([
    [[], /missing command/],
    [['replay'], /no letters are chosen: give ids, a filter, or --all/],
    [['discard', '--yes'], /no letters are chosen: give ids, a filter, or --all/],
    [['show', 'x'], /argument 'x' is invalid for 'id'. It must be the id of a letter/],
    [['list', '--since', 'yesterday'], /'yesterday' is invalid. It must be an RFC 3339 timestamp/],
    [['list', '--reasons', 'x'], /unknown option '--reasons'. Did you mean --reason/],
  ])('refuses a command line that makes no sense: %j', async (args, message) => {
    const { code, stdout, stderr } = await command(...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr).toContain('usage:')
  })
})
