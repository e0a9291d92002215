// Runs the calls of a page that are really made: `curl` calls the running suite, `npx functions-framework` starts the function, and short
// commands of this project run. Prints the output of the program, and records the call.
import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Call, Given, Started } from './shell.ts'

interface Ended {
  readonly code: number
  readonly output?: string
}

const given = JSON.parse(process.env['STAND_IN'] ?? '{}') as Given
const startedFile = join(given.folder, 'started.ndjson')
const HEALTHY_MS = 30_000
/** Commands of the program whose output later commands of the page use, and statements on the database. */
const OWN = /^(?:sql |keys user |backfill start |completion )/

const programs: Readonly<Record<string, (args: readonly string[]) => Ended | Promise<Ended>>> = { curl, jq, npm, npx }

const [name = '', ...args] = process.argv.slice(2)
const { code, output } = (await programs[name]?.(args)) ?? { code: 1 }
process.stdout.write(output ?? '')
appendFileSync(join(given.folder, 'calls.ndjson'), `${JSON.stringify({ name, args, code, output } satisfies Call)}\n`)
process.exitCode = code

/** Asks what the page says; fails when the answer's status is 400 or more. Local ports are those of this run. */
function curl(words: readonly string[]): Ended {
  const asked = words.map((word) =>
    word.replace(/^(?:http:\/\/)?(?:localhost|127\.0\.0\.1):(80\d\d)(?=\/)/, (_, port: string) => baseOf(port)),
  )
  return really('curl', ['--fail-with-body', '--max-time', '30', ...asked])
}

/** A port of a page: of the function that the page started there last, else of the gateway. */
function baseOf(port: string): string {
  const functions = existsSync(startedFile) ? readFileSync(startedFile, 'utf8').trim().split('\n') : []
  const started = functions.map((line) => JSON.parse(line) as Started).findLast((one) => one.documented === port)
  return started ? `http://127.0.0.1:${started.port}` : given.gateway
}

function really(program: string, words: readonly string[], env = process.env): Ended {
  const { status, stdout } = spawnSync(given.real[program] ?? program, words, {
    env,
    encoding: 'utf8',
    stdio: ['inherit', 'pipe', 'inherit'],
  })
  return { code: status ?? 1, output: stdout }
}

/** For machines without jq: the two filters that pages use. */
function jq(words: readonly string[]): Ended {
  const filter = words.at(-1) ?? ''
  const input = JSON.parse(readFileSync(0, 'utf8')) as unknown
  const [, member] = /^\.\["(.+)"\]$/.exec(filter) ?? []
  if (member !== undefined) return { code: 0, output: `${(input as Record<string, string>)[member]}\n` }
  if (filter !== '.[].message.data') return { code: 2 }
  const messages = input as { readonly message: { readonly data: string } }[]
  return { code: 0, output: messages.map(({ message }) => `${message.data}\n`).join('') }
}

/** Lines of `npm run SCRIPT -- …`, where the script is a command of the program. */
async function npm(words: readonly string[]): Promise<Ended> {
  return await penstock(words.slice(1).filter((word) => word !== '--silent' && word !== '--'))
}

/** Runs one of OWN; other commands are recorded only, because test/documented-commands.test.ts asks them. */
async function penstock(words: readonly string[]): Promise<Ended> {
  if (!OWN.test(`${words.join(' ')} `)) return { code: 0 }
  if (words[1] === 'user') {
    const value = (option: string) => words[words.indexOf(option) + 1] ?? ''
    const query = new URLSearchParams({ tenant: value('--tenant'), subject: value('--subject') })
    const answer = await fetch(`${given.userIssuer}/token?${query.toString()}`)
    return { code: answer.ok ? 0 : 1, output: await answer.text() }
  }
  const env = { DATABASE_URL: given.databaseUrl, PENSTOCK_URL: given.gateway, PENSTOCK_KEY: given.apiKey }
  return really(process.execPath, [join(given.root, 'scripts/penstock.ts'), ...words], env)
}

/**
 * Starts a function as its README does, on a free port, and leaves it running; or runs a command of the program; or looks for the files of
 * a test run.
 */
async function npx([program, ...words]: readonly string[]): Promise<Ended> {
  if (program === 'penstock') return await penstock(words)
  if (program === 'vitest') return { code: words.slice(1).every((path) => existsSync(join(given.root, path))) ? 0 : 1 }
  if (program !== 'functions-framework') return { code: 1 }
  const [documented = process.env['PORT'] ?? '8080'] = words.flatMap((word) => /^--port=(\d+)$/.exec(word)?.[1] ?? [])
  const { freePort } = await import('../../../scripts/database/postgres.ts')
  const port = await freePort()
  const log = openSync(join(given.folder, 'functions.log'), 'a')
  const child = spawn(
    process.execPath,
    [
      join(given.root, 'node_modules/.bin/functions-framework'),
      ...words.filter((word) => !word.startsWith('--port')),
      `--port=${port}`,
    ],
    {
      cwd: given.root,
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, LISTEN_HOST: '127.0.0.1', ARCHIVE_STORAGE_ENDPOINT: given.storageUrl },
    },
  )
  child.unref()
  appendFileSync(startedFile, `${JSON.stringify({ pid: child.pid ?? 0, port, documented } satisfies Started)}\n`)
  for (const deadline = Date.now() + HEALTHY_MS; Date.now() < deadline; ) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    if (answer?.ok) return { code: 0 }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return { code: 1 }
}
