// Runs every command line of the documentation, page by page, in a shell that knows only the programs of the lists below, with a running
// suite. A line with another program, or in a language that is not listed, turns this red.
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { rootFolder } from '../scripts/cli/state.ts'
import { freePort } from '../scripts/database/postgres.ts'
import { type Suite, startSuite } from '../scripts/local/suite.ts'
import { isName, pages } from './support/documents/pages.ts'
import { type Call, type Ran, realPath, runLines, type ShellDeps } from './support/documents/shell.ts'

/** Blocks that are not command lines, with the test that reads them. */
const LANGUAGES: Readonly<Record<string, string | undefined>> = {
  alloy: 'a configuration of another program',
  hcl: 'test/deploy-guide.test.ts finds the variables',
  js: 'a program of a reader',
  json: 'an answer; the first one is compared below',
  python: 'test/clients.test.ts runs the same calls',
  'sql bigquery': 'BigQuery runs in the cloud alone',
  'sql duckdb': 'test/readable-by-others.test.ts runs it',
  text: 'output',
  toml: 'a configuration of another program',
  ts: 'test/clients.test.ts makes the same calls',
  yaml: 'a configuration of another program',
}
/** Statements in a block of SQL, by the folder of their page. */
const STATEMENTS: Readonly<Record<string, string>> = {
  'docs/playbooks': 'test/playbooks.test.ts runs it',
  'docs/grafana': "Grafana's macros stand in it; test/grafana.test.ts runs the panels",
}

/** Commands that nothing here runs for real, and why. Their words are checked as far as it says. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'cloud-sql-proxy': 'opens a tunnel into a cloud project',
  gcloud:
    'changes a cloud project; the words are parsed by gcloud itself where it is installed, and `--args` by our own commands',
  git: 'changes the checkout',
  'npm ci': 'installs; every run of the tests begins with it',
  'npm install': 'named beside npm ci',
  'npm start': 'scripts/local/suite.test.ts',
  'npm test': 'this run',
  'npm run': 'test/documented-commands.test.ts; here only sql, keys user, completion and backfill start',
  'npx penstock': 'the same',
  'npx vitest': 'the files have to exist',
  terraform:
    'changes a cloud project; test/terraform.test.ts plans the same files, test/deploy-guide.test.ts finds the targets',
}
/** Programs whose every call is real, or is repeated for real here when the real program is missing. */
const RUN = ['curl', 'jq', 'npx functions-framework']

/** Commands of gcloud that pages use. Without gcloud on the machine, this is all that is known of them. */
const CLOUD = [
  'alpha monitoring policies delete',
  'alpha monitoring policies list',
  'artifacts docker images describe',
  'auth application-default login',
  'auth login',
  'billing accounts list',
  'billing projects link',
  'builds submit',
  'config set',
  'logging logs delete',
  'logging read',
  'projects create',
  'projects get-iam-policy',
  'projects remove-iam-policy-binding',
  'pubsub subscriptions pull',
  'pubsub subscriptions seek',
  'pubsub topics publish',
  'run jobs execute',
  'scheduler jobs describe',
  'secrets versions access',
  'services enable',
  'sql backups create',
  'sql backups list',
  'sql backups restore',
  'sql instances clone',
  'sql instances list',
  'sql instances delete',
  'sql instances describe',
  'sql instances patch',
  'sql instances promote-replica',
  'sql instances restart',
  'sql ssl server-ca-certs create',
  'storage buckets create',
  'storage buckets update',
  'storage cp',
  'storage ls',
  'storage restore',
]

const { scripts: packageScripts } = JSON.parse(readFileSync(join(rootFolder, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}
const all = pages()
const withLines = all.map(({ file, blocks }) => ({
  file,
  lines: blocks
    .filter(({ language }) => language === '')
    .map(({ text }) => text)
    .join('\n'),
}))
const scripts = withLines.filter(({ lines }) => lines !== '')
const inline = all.flatMap(({ file, inline: found }) => found.map((line) => ({ file, line })))

let suite: Suite
let folder: string
let deps: ShellDeps
const calls: Call[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-lines-'))
  const own = { PATH: process.env['PATH'] }
  const options = {
    open: false,
    tier: 'standard' as const,
    rootFolder,
    stateFolder: folder,
    own,
    show: () => {},
    signal: AbortSignal.timeout(60_000),
  }
  suite = await startSuite({ ...options, port: await freePort() })
  const secrets = JSON.parse(readFileSync(join(folder, 'secrets.json'), 'utf8')) as {
    function_passwords: Record<string, string>
    key_checksum_key: string
  }
  const urlOf = (role: string): string => {
    const url = new URL(suite.local.database_url)
    url.username = `penstock_${role}`
    url.password = secrets.function_passwords[role.replaceAll('_', '-')] ?? ''
    return url.href
  }
  await leaveRoom(suite.local.database_url, Object.keys(secrets.function_passwords))
  deps = { suite: suite.local, urlOf, checksumKey: secrets.key_checksum_key }
}, 90_000)

afterAll(async () => {
  await suite?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The functions of the suite hold the connections that their roles may have; those that pages start need some too. */
async function leaveRoom(url: string, functions: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  for (const name of functions)
    await client.query(
      `alter role ${client.escapeIdentifier(`penstock_${name.replaceAll('-', '_')}`)} connection limit 10`,
    )
  await client.end()
}

async function run(lines: string): Promise<Ran> {
  const ran = await runLines(deps, lines)
  calls.push(...ran.calls)
  return ran
}

test('every block is command lines, or in a language that says what else', () => {
  const unknown = all.flatMap(({ file, blocks }) =>
    blocks
      .filter(({ language }) => language !== '' && LANGUAGES[language] === undefined)
      .filter(({ language }) => language !== 'sql' || !Object.keys(STATEMENTS).some((at) => file.startsWith(at)))
      .map(({ language, line }) => `${file}:${line}: ${language}`),
  )
  expect(unknown).toEqual([])
})

describe('the command lines', () => {
  it.each(scripts.map(({ file, lines }) => [file, lines] as const))(
    'of %s run',
    async (file, lines) => {
      const { code, stderr, calls: made } = await run(lines)
      expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
      expect(made.filter((call) => call.code !== 0)).toEqual([])
      if (file === 'README.md') expectAnswer(made)
    },
    150_000,
  )

  it.each(inline.filter(({ line }) => !isName(line)).map(({ file, line }) => [line, file] as const))(
    '%s in %s runs',
    async (line) => {
      const { code, stderr } = await run(line)
      expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
    },
    60_000,
  )

  it('that are named alone exist', () => {
    const names = inline.map(({ line }) => line).filter(isName)
    const known = [...Object.keys(NOT_RUN), ...RUN, ...CLOUD.map((command) => `gcloud ${command}`)]
    expect(
      names.filter(
        (name) => !known.some((one) => `${name} `.startsWith(`${one} `) || `${one} `.startsWith(`${name} `)),
      ),
    ).toEqual([])
  })

  it('are all of programs that are listed, and no list has more', () => {
    const named = inline.map(({ line }) => line.split(' ')).map(([name = '', ...args]) => ({ name, args }))
    const kinds = new Set(
      [...calls, ...named].map(({ name, args }) => (/^np[mx]$/.test(name) ? `${name} ${args[0]}` : name)),
    )
    expect([...kinds].sort()).toEqual([...Object.keys(NOT_RUN), ...RUN].sort())
    expect(calls.filter(({ name }) => name === 'curl').length).toBeGreaterThan(12)
    const scriptsCalled = calls.flatMap(({ name, args }) =>
      name === 'npm' && args[0] === 'run' ? (args.find((word) => !/^run$|^-/.test(word)) ?? '') : [],
    )
    expect(scriptsCalled.filter((script) => !(script in packageScripts))).toEqual([])
  })
})

/** The first answer of the README is the one that it shows. */
function expectAnswer(made: readonly Call[]): void {
  const blocks = all.find(({ file }) => file === 'README.md')?.blocks ?? []
  const shown = blocks.find(({ language }) => language === 'json')?.text ?? ''
  // In other months than that of the page the point waits for its month.
  const { deferred: _, ...expected } = JSON.parse(shown) as Record<string, unknown>
  expect(JSON.parse(made.find(({ name }) => name === 'curl')?.output ?? '')).toMatchObject(expected)
}

describe('the lines of gcloud', () => {
  const gcloud = realPath('gcloud')
  const lines = () => unique(calls.flatMap(({ name, args }) => (name === 'gcloud' ? [args] : [])))

  it('are of commands that are listed', () => {
    const used = [...lines().map((args) => args.join(' ')), ...inline.map(({ line }) => line.replace(/^gcloud /, ''))]
    expect(lines().filter((args) => !CLOUD.some((command) => args.join(' ').startsWith(command)))).toEqual([])
    expect(CLOUD.filter((command) => !used.some((line) => line.startsWith(command)))).toEqual([])
  })

  it.skipIf(gcloud === undefined)(
    'are understood by gcloud',
    () => {
      const path = join(folder, 'commands.json')
      const linted = [...new Set(lines().map((args) => `gcloud ${asLinted(args)}`))]
      writeFileSync(path, JSON.stringify(linted.map((command_string) => ({ command_string }))))
      const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
      const { stdout } = spawnSync(gcloud ?? '', ['meta', 'lint-gcloud-commands', `--commands-file=${path}`], options)
      const verdicts = JSON.parse(stdout) as { command_string: string; error_message: string | null }[]
      expect(verdicts.length).toBe(linted.length)
      expect(
        verdicts
          .filter(({ error_message }) => error_message !== null)
          .map(({ command_string, error_message }) => [command_string, error_message]),
      ).toEqual([])
    },
    90_000,
  )

  it('give our own commands words that they understand', async () => {
    const own = unique(lines().flatMap((args) => args.flatMap((arg) => listOf(/^--args=(.*)$/s.exec(arg)?.[1]))))
    expect(own.length).toBeGreaterThan(4)
    expect(await Promise.all(own.map(async (args) => [args.join(' '), await understood(args)]))).toEqual(
      own.map((args) => [args.join(' '), '']),
    )
  }, 60_000)
})

const unique = (list: readonly (readonly string[])[]): (readonly string[])[] => [
  ...new Map(list.map((one) => [JSON.stringify(one), one])).values(),
]

/** Options of gcloud that have no value. */
const SWITCHES = new Set(['--all', '--auto-ack', '--no-deletion-protection', '--quiet', '--soft-deleted', '--wait'])

/** gcloud's linter wants a value behind `=`, and does not know lists with a separator of their own: those are looked at here. */
function asLinted(args: readonly string[]): string {
  const joined = args.reduce<string[]>((list, word) => {
    const before = list.at(-1) ?? ''
    const isValue = /^--[^=]+$/.test(before) && !SWITCHES.has(before) && !word.startsWith('-')
    return isValue ? [...list.slice(0, -1), `${before}=${word}`] : [...list, word]
  }, [])
  return joined.map((word) => quoted(word.replace(/^(--[^=]+=)\^.+\^.*$/s, '$1name=value'))).join(' ')
}
const quoted = (word: string): string => `'${word.replaceAll("'", `'"'"'`)}'`

/** A list as gcloud takes it: `^;^a;b` is separated by semicolons. */
function listOf(text: string | undefined): string[][] {
  if (text === undefined) return []
  const [, separator = ',', list = text] = /^\^([^^]+)\^(.*)$/s.exec(text) ?? []
  return [list.split(separator)]
}

/** Returns the command's message about words that it does not understand. A command that then asks for a database has understood them. */
async function understood([script = '', ...args]: readonly string[]): Promise<string> {
  const cwd = join(folder, 'nowhere')
  mkdirSync(cwd, { recursive: true })
  const nothing = 'postgres://nobody:x@127.0.0.1:1/nothing'
  const env = { DATABASE_URL: nothing, RESTORED_DATABASE_URL: nothing, GCE_METADATA_HOST: '127.0.0.1:1' }
  return await new Promise((resolve) => {
    execFile(process.execPath, [join(rootFolder, script), ...args], { cwd, env, timeout: 8_000 }, (error, _, stderr) =>
      resolve(error?.code === 2 || stderr.includes('MODULE_NOT_FOUND') ? stderr : ''),
    )
  })
}
