// The commands that look at a deployed suite, as a person without credentials calls them.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const target = ['--project', 'acme-prod', '--region', 'europe-west1']
const NO_CREDENTIALS = 'no credentials: gcloud auth login, or set GOOGLE_OAUTH_ACCESS_TOKEN'

test('deploy:check looks at what it can, and skips what asks Google, with the reason', async () => {
  const { code, stdout } = await command('deploy-check', target)

  expect(code).toBe(1)
  expect(stdout).toMatch(/^ok {7}budget +\d+ connections of \d+ \(25 less 8 reserved\), tier small$/m)
  expect(stdout).toMatch(/^FAILED +terraform +terraform does not run: .*\n +→ https:/m)
  expect(stdout).toMatch(new RegExp(`^skipped +public invokers +${NO_CREDENTIALS}$`, 'm'))
  expect(stdout).toMatch(/^skipped +schema +no laptop can reach the database: /m)
  expect(stdout).toMatch(/\n\d+ ok, [1-9]\d* failed, [1-9]\d* skipped\n$/)
})

test.each([
  [[], "required option '--project <id>' not specified"],
  [['--project', 'Acme', '--region', 'europe-west1'], "argument 'Acme' is invalid. It must be a project id"],
  [[...target, '--prefix', 'a/b'], "argument 'a/b' is invalid. It must be a name_prefix"],
])('deploy:check %j makes no sense', async (args, message) => {
  const { code, stdout, stderr } = await command('deploy-check', args)

  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(message)
})

test('jobs of a deployed suite need credentials', async () => {
  expect(await command('schedule', ['sync', ...target])).toEqual({
    code: 1,
    stdout: '',
    stderr: `schedule: ${NO_CREDENTIALS}\n`,
  })
})

test.each([
  [['sync'], 'give --project and --region: this works on a deployed suite only'],
  [['pause', ...target], "missing required argument 'name'"],
])('schedule %j makes no sense', async (args, message) => {
  const { code, stderr } = await command('schedule', args)

  expect(code).toBe(2)
  expect(stderr).toMatch(new RegExp(`^schedule: ${message}\nusage:`))
})

test.each([
  [['fire'], 'The drills are: deletion, corruption.'],
  [['--points', '0'], 'It must be a whole number from 1 to 20000000.'],
])('drill %j makes no sense', async (args, message) => {
  expect(await command('drill', args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** With nothing on the path, so that nobody's gcloud is asked. */
async function command(name: string, args: readonly string[]): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(import.meta.dirname, 'penstock.ts'), name, ...args],
      { env: { PATH: '/nonexistent' } },
      (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
}
