// Command lines of README and docs: those of an import are run as they stand, all others are known to their commands.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey } from '../scripts/database/keys/key-store.ts'
import { openProcessLog, type ProcessLog } from '../scripts/local/process-log.ts'
import { table } from '../scripts/program/table.ts'
import { checksumKey } from './support/http/api-keys.ts'
import { type FunctionAtPort, functionAtPort } from './support/http/function-at-port.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'

const root = join(import.meta.dirname, '..')
const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
  .scripts

interface Documented {
  readonly file: string
  /** The name of a command of the program, or of a script that is not one. */
  readonly script: string
  readonly args: readonly string[]
}

/** `npm run SCRIPT -- ARGS` and `npx penstock COMMAND ARGS` in blocks and between backticks of every page, without comments, continued over line ends. */
function documented(): Documented[] {
  const files = [
    'README.md',
    ...globSync('docs/**/*.md', { cwd: root }),
    ...globSync('functions/*/README.md', { cwd: root }),
  ]
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8').replaceAll('\\\n', ' ')
    const blocks = [...text.matchAll(/^```[^\n]*\n(.*?)^```/gms)].flatMap(([, block = '']) => block.split('\n'))
    const inline = [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/`((?:npm run|npx penstock) [^`]+)`/g)].map(
      ([, line = '']) => line,
    )
    return [...blocks, ...inline].flatMap((line) => {
      const command = line.replace(/\s+#.*$/, '').trim()
      const [, script = '', more = ''] = /^npm run (?:--silent )?(\S+)(?: -- (.*))?$/.exec(command) ?? []
      const [, called = scripts[script]?.replace(/^node scripts\/penstock\.ts /, '') ?? script, own = more] =
        /^npx penstock (\S+)(?: (.*))?$/.exec(command) ?? []
      const [name = '', ...given] = called.split(' ')
      if (called === '') return []
      return [{ file, script: isCommand(name) ? name : script, args: [...given, ...words(own).map(withoutBrackets)] }]
    })
  })
}

const isCommand = (name: string): boolean => name === 'completion' || table.some((command) => command.name === name)

/** Options in brackets may be left out; here they are given. */
const withoutBrackets = (word: string): string => word.replace(/^\[(?=--)/, '').replace(/^([A-Z]+)\]$/, '$1')

/** A command line as a shell takes it apart. */
const words = (text: string): string[] =>
  [...text.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'))

/** They take minutes, begin servers or write files of the checkout, and have tests of their own: these name the options they know. */
const LONG = new Set([
  'bench',
  'build',
  'check',
  'deployments',
  'drill',
  'faults',
  'history',
  'hostile',
  'routes',
  'openapi',
  'page',
  'schema',
  'slice',
  'start',
  'storage',
])

/** A value for a placeholder: `previous` is the option before it. Lists of files are replaced as a shell would. */
function exampleOf(word: string, previous: string | undefined): string {
  if (previous === '--project' && /^\$?[A-Z]+$/.test(word)) return 'penstock-example'
  if (previous === '--prefix' && word.startsWith('$')) return 'moved'
  if (previous === '--region' && /^\$?[A-Z0-9]+$/.test(word)) return 'europe-west1'
  if (word === 'JSON') return '{"a":"b"}'
  if (word === 'T') return '2026-11-20T00:00:00Z'
  return word.replace(/^\$\w+$/, 'x').replace('*.csv.gz', 'a.csv.gz')
}

const unique = (list: readonly Documented[]): Documented[] => [
  ...new Map(list.map((one) => [JSON.stringify([one.script, one.args]), one])).values(),
]
const commands = unique(documented())

/** A command that is still waiting for its database after this time has accepted its arguments. */
const PATIENCE_MS = 8_000

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function run(
  script: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
  timeout = 60_000,
): Promise<Ended> {
  return await new Promise((resolve) => {
    const options = { cwd, env: { PATH: process.env['PATH'] ?? '', ...env }, timeout }
    execFile(process.execPath, [join(root, 'scripts/penstock.ts'), script, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : null) : 0, stdout, stderr }),
    )
  })
}

/** The names in the folders of the checkout that commands could add files to. */
const sources = (): readonly string[][] =>
  ['.', 'functions', 'migrations', 'deployments'].map((name) => readdirSync(join(root, name)).toSorted())

describe('commands that the documents name', () => {
  it('are all there', () => {
    expect(commands.length).toBeGreaterThan(40)
    expect(commands.filter(({ script }) => !isCommand(script) && scripts[script] === undefined)).toEqual([])
  })

  it('take the words that the documents give them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'penstock-documented-'))
    // Nothing answers there: a command that understands its words ends with 1, or has nothing to ask.
    const database = 'postgres://nobody:x@127.0.0.1:1/nothing'
    const nowhere = { DATABASE_URL: database, RESTORED_DATABASE_URL: database, PENSTOCK_URL: 'http://127.0.0.1:1' }
    mkdirSync(join(folder, 'exports'))
    writeFileSync(join(folder, 'exports/a.csv.gz'), gzipSync('time,value\n2024-02-14T14:30:00Z,1\n'))
    const short = commands.filter(({ script }) => !LONG.has(script) && script !== 'import')
    const refused: string[] = []
    const before = sources()
    const ask = async ({ file, script, args }: Documented): Promise<void> => {
      const given = args.map((word, place) => exampleOf(word, args[place - 1]))
      const { code, stderr } = await run(script, given, folder, nowhere, PATIENCE_MS)
      // Asked without a terminal, a command that erases has understood its words.
      if (code === 2 && !stderr.includes('nobody can confirm'))
        refused.push(`${file}: ${script} ${args.join(' ')}: ${stderr.split('\n')[0]}`)
    }
    // A single name, an alternative or an omission between backticks is not a command line.
    const isWhole = (args: readonly string[]) => args.length > 0 && !args.some((word) => /^…$|\|/.test(word))
    const waiting = short.filter(({ script, args }) => isCommand(script) && isWhole(args))
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await ask(next)
    }
    await Promise.all(Array.from({ length: 4 }, worker))
    rmSync(folder, { recursive: true, force: true })
    expect(refused).toEqual([])
    // A command that writes into the checkout belongs to LONG.
    expect(sources()).toEqual(before)
  }, 180_000)
})

describe('the command lines of an import', () => {
  let db: TestDatabase
  let folder: string
  let ingest: FunctionAtPort
  let log: ProcessLog
  let key: string

  beforeAll(async () => {
    db = await createTestDatabase()
    for (const tenant of ['default', 'acme']) await createTenant(db, tenant)
    folder = mkdtempSync(join(tmpdir(), 'penstock-documented-'))
    const client = await db.connect()
    const wanted = { tenant: 'default', scopes: ['metrics:write'], expiresInDays: 1 }
    key = (await createKey({ client, randomBytes, checksumKey }, wanted)).key
    await client.end()
    log = openProcessLog({ clock: Date.now, show: () => {} }, 'functions', join(folder, 'functions.log'))
    ingest = await functionAtPort({ log }, 'metrics-ingest', db.urlOf('metrics-ingest'))
    await ingest.start()
  }, 60_000)
  afterAll(async () => {
    await ingest?.kill()
    await log?.close()
    rmSync(folder, { recursive: true, force: true })
    await db.drop()
  })

  /** The files that the lines name. */
  function writeFiles(): void {
    const page = readFileSync(join(root, 'docs/import.md'), 'utf8')
    const [, boiler = ''] = /cat > boiler\.csv <<'CSV'\n(.*?)CSV\n/s.exec(page) ?? []
    const point = { service_name: 's', metric_type: 't', metric_value: 1, unit: '', timestamp: '2024-02-14T14:30:00Z' }
    const files: Record<string, string | Buffer> = {
      'boiler.csv': boiler,
      'FILE.csv': boiler,
      'a.csv.gz': gzipSync(boiler),
      'points.ndjson': JSON.stringify(point),
      'history.csv': 'entity_id,state,last_changed\na,1,2024-02-14T10:00:00Z\nb,2,2024-02-14T10:00:00Z\n',
      'air.csv': 'Date;Time;CO\n14/02/2024;18.00.00;2,6\n14/02/2024;19.00.00;2,1\n',
    }
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  }

  const lines = commands.filter(({ script, args }) => script === 'import' && args.length > 0).map(({ args }) => args)
  it.each(lines.map((args) => [args.join(' '), args] as const))(
    '%s',
    async (_, args) => {
      writeFiles()
      const given = args.map((word) => {
        if (word === 'http://127.0.0.1:8080') return `http://127.0.0.1:${ingest.port}`
        return word === 'pk_…' ? key : word.replace('*.csv.gz', 'a.csv.gz')
      })
      const ended = await run('import', given, folder, { DATABASE_URL: db.url })
      expect([ended.code, ended.stderr]).toEqual([0, ''])
      expect(ended.stdout).toMatch(/^ {2}(?:stored|would store) +[1-9]/m)
    },
    60_000,
  )

  it('print what the page shows', async () => {
    writeFiles()
    await db.query('truncate metric_log')
    const page = readFileSync(join(root, 'docs/import.md'), 'utf8')
    const [, shown = ''] = /```text\n(.*?)```/s.exec(page) ?? []
    const { stdout } = await run('import', ['boiler.csv', '--service', 'boiler-7', '--again'], folder, {
      DATABASE_URL: db.url,
    })
    expect(stdout).toBe(shown)
  }, 60_000)
})
