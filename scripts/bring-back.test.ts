import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createTenant, createTestDatabase } from '../test/support/postgres/database.ts'

const execute = promisify(execFile)

test('the command says how many points are back', async () => {
  const running = await createTestDatabase()
  const restored = await createTestDatabase()
  try {
    for (const db of [running, restored]) await createTenant(db, 'acme')
    const args = ['--tenant', 'acme', '--from', '2026-11-01T00:00:00Z', '--to', '2026-12-01T00:00:00+00:00']

    const { stdout } = await run(args, { DATABASE_URL: running.url, RESTORED_DATABASE_URL: restored.url })

    expect(stdout).toBe('0 points of acme are back\n')
  } finally {
    await running.drop()
    await restored.drop()
  }
})

test.each([
  [['--tenant', 'acme'], /required option '--from <instant>' not specified/],
  [
    ['--tenant', 'a', '--from', '2026-11-01', '--to', '2026-12-01T00:00:00Z'],
    /'2026-11-01' is invalid. It must be an instant with its zone/,
  ],
  [
    ['--tenant', 'a', '--from', '2026-11-01T00:00:00Z', '--to', '2026-12-01T00:00:00Z'],
    /RESTORED_DATABASE_URL is not set/,
  ],
])('%j ends with 2 and says why', async (args, message) => {
  await expect(run(args, {})).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(message) })
})

async function run(args: readonly string[], env: Record<string, string>) {
  return await execute(process.execPath, [join(import.meta.dirname, 'penstock.ts'), 'bring-back', ...args], {
    env: { PATH: process.env['PATH'], ...env },
  })
}
