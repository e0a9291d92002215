// Runs the command lines of a page in a shell that knows only the programs named here.
import { execFile } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ARCHIVE_BUCKET, type LocalSuite, rootFolder } from '../../../scripts/cli/state.ts'

/** The settings of the stand-ins. */
export interface Given {
  readonly folder: string
  readonly root: string
  readonly gateway: string
  readonly apiKey: string
  readonly databaseUrl: string
  readonly storageUrl: string
  readonly userIssuer: string
  /** Paths of the real programs that stand-ins call. */
  readonly real: Readonly<Record<string, string>>
}

/** A function that a page started. */
export interface Started {
  readonly pid: number
  readonly port: number
  /** The port that the page names. */
  readonly documented: string
}

export interface Call {
  readonly name: string
  readonly args: readonly string[]
  readonly code: number
  /** The output of calls that were really made. */
  readonly output?: string | undefined
}

export interface Ran {
  readonly code: number | null
  readonly stderr: string
  readonly calls: readonly Call[]
}

/** Programs that neither write nor ask anything outside the folder in which the page is run. */
const HARMLESS = ['base64', 'cat', 'date', 'mkdir', 'openssl', 'sleep', 'xargs']
const TIMEOUT_MS = 120_000

/** Variables that pages take from their reader, with values that fit the running suite. */
const variables = ({ base_url, api_key, operator_key }: LocalSuite): Readonly<Record<string, string>> => ({
  URL: base_url,
  KEY: api_key,
  OPERATOR_KEY: operator_key,
  PROJECT: 'penstock-example',
  REGION: 'europe-west1',
  P: 'penstock-example',
  R: 'europe-west1',
  DB: 'penstock-db',
})

/** Placeholders of pages, with what their reader would write there. */
const fillIn = (text: string, { suite: { api_key, pubsub_url }, urlOf, checksumKey }: ShellDeps): string =>
  text
    .replaceAll('pk_…', api_key)
    .replaceAll('http://127.0.0.1:…/…/v1', `${pubsub_url}/v1`)
    .replaceAll(/postgres:\/\/penstock_(\w+):…@127\.0\.0\.1:5432\/penstock/g, (_, role: string) => urlOf(role))
    .replaceAll('KEY_CHECKSUM_KEY=…', `KEY_CHECKSUM_KEY=${checksumKey}`)
    .replaceAll('ARCHIVE_BUCKET=…', `ARCHIVE_BUCKET=${ARCHIVE_BUCKET}`)
    .replaceAll('git clone …', 'git clone https://git.example.com/penstock.git')
    .replaceAll('TF_VAR_admin_image=…@sha256:…', 'TF_VAR_admin_image=image@sha256:0a1b')
    .replaceAll('--time=…', '--time=2026-11-20T00:00:00Z')

export interface ShellDeps {
  readonly suite: LocalSuite
  /** URL of a function's role, by the role's name without its prefix. */
  readonly urlOf: (role: string) => string
  /** KEY_CHECKSUM_KEY of the suite. */
  readonly checksumKey: string
}

/** Runs lines one after another until one fails. Functions that they started are ended. */
export async function runLines(deps: ShellDeps, lines: string): Promise<Ran> {
  const { suite } = deps
  const script = fillIn(lines, deps)
  const placeholder = /.*….*/.exec(script.replaceAll(/(?<=^|\s)#.*$/gm, ''))
  if (placeholder)
    return { code: null, stderr: `no value is known for the placeholder in: ${placeholder[0]}`, calls: [] }
  const folder = mkdtempSync(join(tmpdir(), 'penstock-documented-'))
  try {
    const programs = programsIn(folder, suite)
    mkdirSync(join(folder, 'checkout/terraform'), { recursive: true })
    mkdirSync(join(folder, 'recorded'))
    const env = { PATH: programs, HOME: folder, STAND_IN: JSON.stringify(givenIn(folder, suite)), ...variables(suite) }
    const options = { cwd: join(folder, 'checkout'), env, timeout: TIMEOUT_MS }
    const bash = realPath('bash') ?? 'bash'
    const [code, stderr] = await new Promise<[number | null, string]>((resolve) => {
      execFile(bash, ['--norc', '-eu', '-o', 'pipefail', '-c', script], options, (error, _, text) =>
        resolve([error ? (typeof error.code === 'number' ? error.code : null) : 0, text]),
      )
    })
    const log = join(folder, 'functions.log')
    const functions = existsSync(log) ? readFileSync(log, 'utf8') : ''
    return {
      code,
      stderr: stderr + functions,
      calls: [...linesOf<Call>(join(folder, 'calls.ndjson')), ...recorded(folder)],
    }
  } finally {
    for (const { pid } of linesOf<Started>(join(folder, 'started.ndjson'))) end(pid)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A folder that is all that the shell looks programs up in. */
function programsIn(folder: string, suite: LocalSuite): string {
  const programs = join(folder, 'programs')
  mkdirSync(programs)
  for (const [name, lines] of Object.entries(standIns(folder, suite))) {
    const path = join(programs, name)
    writeFileSync(path, `#!/bin/sh\n${lines}\n`)
    chmodSync(path, 0o755)
  }
  for (const name of HARMLESS) {
    const real = realPath(name)
    if (real !== undefined) symlinkSync(real, join(programs, name))
  }
  return programs
}

/**
 * Stand-ins for the programs that pages call. Those that would change a cloud project or the checkout record the call, and print the output
 * that the page uses next.
 */
function standIns(folder: string, { api_key, functions }: LocalSuite): Readonly<Record<string, string>> {
  const real = (name: string): string =>
    `exec '${process.execPath}' '${fileURLToPath(new URL('stand-in.ts', import.meta.url))}' ${name} "$@"`
  const record = (name: string): string =>
    `{ printf '%s\\037' ${name} "$@"; printf '\\036'; } >> '${folder}/recorded'/$$`
  const printing = (name: string, ...cases: readonly (readonly [string, string])[]): string =>
    `${record(name)}\ncase "$*" in\n${cases.map(([pattern, then]) => `${pattern}) ${then} ;;`).join('\n')}\nesac`
  const jq = realPath('jq')
  return {
    curl: real('curl'),
    npx: real('npx'),
    jq: jq === undefined ? real('jq') : `${record('jq')}\nexec '${jq}' "$@"`,
    'cloud-sql-proxy': record('cloud-sql-proxy'),
    git: printing('git', [`'clone '*`, 'mkdir -p penstock/terraform'], [`'rev-parse '*`, 'echo 0a1b2c3']),
    terraform: printing('terraform', [`'output -json urls'`, `echo '${JSON.stringify(functions)}'`]),
    gcloud: printing(
      'gcloud',
      [`'secrets versions access '*`, `echo '${api_key}'`],
      ['*--format=json*', `echo '[{"message":{"data":"e30="}}]'`],
      ['*--format=value*', 'echo sha256:0a1b'],
    ),
    // All other lines of `npm run` are run elsewhere.
    npm: printing(
      'npm',
      [`'run --silent keys -- create '*`, `echo '${api_key}'`],
      [`'run sql '*|'run --silent keys '*|'run --silent backfill -- start '*`, real('npm')],
    ),
  }
}

function givenIn(folder: string, suite: LocalSuite): Given {
  const curl = realPath('curl')
  return {
    folder,
    root: rootFolder,
    gateway: suite.base_url,
    apiKey: suite.api_key,
    databaseUrl: suite.database_url,
    storageUrl: suite.storage_url,
    userIssuer: suite.user_issuer,
    real: curl === undefined ? {} : { curl },
  }
}

/** Calls of programs that do nothing else than record them. The programs of a pipe run at once, so each process writes a file of its own. */
function recorded(folder: string): Call[] {
  const records = join(folder, 'recorded')
  return readdirSync(records)
    .flatMap((process) => readFileSync(join(records, process), 'utf8').split('\x1e').slice(0, -1))
    .map((line) => {
      const [name = '', ...args] = line.split('\x1f').slice(0, -1)
      return { name, args, code: 0 }
    })
}

/** Returns the path of a program on this machine. */
export const realPath = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(existsSync)

const linesOf = <T>(path: string): T[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as T)
    : []

function end(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}
