// The linter holds the house rules: each mistake planted here is reported, and what is allowed is not.
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** One file in a project of its own. */
type Plant = readonly [name: string, file: string, source: string]

const imports: readonly Plant[] = [
  ['a contract and its queries', 'functions/feedback/contract.ts', `export { rate } from './queries.ts'`],
  ['a contract and a type of its handler', 'functions/feedback/contract.ts', `export type { A } from './handler.ts'`],
  ['a contract and kysely', 'functions/feedback/contract.ts', `export { sql } from 'kysely'`],
  [
    'a contract and the logger',
    'functions/feedback/contract.ts',
    `export { logger } from '@penstock/shared/base/logger.ts'`,
  ],
  [
    'a contract and another slice',
    'functions/feedback/contract.ts',
    `export { routes } from '../backfill/contract.ts'`,
  ],
  ['settings and the contract', 'functions/feedback/config.ts', `export { limit } from './contract.ts'`],
  [
    'settings and the logger',
    'functions/feedback/config.ts',
    `export { logger } from '@penstock/shared/base/logger.ts'`,
  ],
  ['queries and a type of the contract', 'functions/feedback/queries.ts', `export type { A } from './contract.ts'`],
  ['queries and zod', 'functions/feedback/queries.ts', `export { z } from 'zod'`],
  ['queries and pg', 'functions/feedback/queries.ts', `export { Client } from 'pg'`],
  ['queries and another slice', 'functions/feedback/queries.ts', `export { list } from '../backfill/queries.ts'`],
  [
    'queries and the pool',
    'functions/feedback/queries.ts',
    `export { open } from '@penstock/shared/database/database.ts'`,
  ],
  ['split queries and their neighbour', 'functions/feedback/stats-queries.ts', `export { a } from './queries.ts'`],
  [
    'a handler and the framework',
    'functions/feedback/handler.ts',
    `export { http } from '@google-cloud/functions-framework'`,
  ],
  ['a handler and a type of kysely', 'functions/feedback/handler.ts', `export type { Transaction } from 'kysely'`],
  ['a handler and its settings', 'functions/feedback/handler.ts', `export { config } from './config.ts'`],
  ['a handler and its wiring', 'functions/feedback/handler.ts', `export { deps } from './index.ts'`],
  ['a handler and another slice', 'functions/feedback/handler.ts', `export { a } from '../backfill/handler.ts'`],
  [
    'a handler and another slice, later',
    'functions/feedback/handler.ts',
    `export const a = import('../backfill/a.ts')`,
  ],
  ['a handler and the environment', 'functions/feedback/handler.ts', `export { env } from 'node:process'`],
  [
    'a handler and shared/ by its path',
    'functions/feedback/handler.ts',
    `export { a } from '../../shared/base/time.ts'`,
  ],
  [
    'other rules and the framework',
    'functions/feedback/cursor.ts',
    `export { http } from '@google-cloud/functions-framework'`,
  ],
  ['other rules and the settings', 'functions/feedback/cursor.ts', `export { config } from './config.ts'`],
  ['other rules and random ids', 'functions/feedback/cursor.ts', `export { randomUUID } from 'node:crypto'`],
  ['other rules and SQL', 'functions/feedback/cursor.ts', `export { sql } from 'kysely'`],
  ['a decoder and the settings', 'functions/feedback/protocols/a.ts', `export { config } from '../config.ts'`],
  ['a decoder and another slice', 'functions/feedback/protocols/a.ts', `export { b } from '../../backfill/handler.ts'`],
  ['the wiring and another slice', 'functions/feedback/index.ts', `export { a } from '../backfill/handler.ts'`],
  ['the wiring and pg', 'functions/feedback/index.ts', `export { Pool } from 'pg'`],
  ['a slice test and another slice', 'functions/feedback/a.test.ts', `export { a } from '../backfill/handler.ts'`],
  [
    'a decoder test and another slice',
    'functions/feedback/b/a.test.ts',
    `export { a } from '../../backfill/handler.ts'`,
  ],
  ['shared/ and a slice', 'shared/base/a.ts', `export { rate } from '../../functions/feedback/handler.ts'`],
  [
    'shared/ and a type of a slice',
    'shared/database/database.ts',
    `export type { A } from '../../functions/feedback/contract.ts'`,
  ],
  ['the schema and a slice', 'shared/schema/a.ts', `export { rate } from '../../functions/feedback/handler.ts'`],
  [
    'a test of shared/ and a slice',
    'shared/base/a.test.ts',
    `export { rate } from '../../functions/feedback/handler.ts'`,
  ],
  ['shared/ and the tests', 'shared/base/a.ts', `export { a } from '../../test/support/postgres/database.ts'`],
  ['shared/ and pg', 'shared/base/a.ts', `export { Pool } from 'pg'`],
  ['a part of the page and a page', 'functions/console/app/ui/a.tsx', `export { A } from '../pages/a.tsx'`],
  ['the page and zod', 'functions/console/app/a.ts', `export { z } from 'zod'`],
  ['the page and the server', 'functions/console/app/pages/a/a.ts', `export { routes } from '../../../contract.ts'`],
  ['two pages', 'functions/console/app/pages/a/a.ts', `export { b } from '../b/b.ts'`],
  ['a migration and the schema', 'migrations/0001-a.ts', `export type { A } from '@penstock/shared/schema/index.ts'`],
  ['a migration and shared/ by its path', 'migrations/0001-a.ts', `export { a } from '../shared/base/locks.ts'`],
  ['a migration and another', 'migrations/0002-b.ts', `export { up } from './0001-a.ts'`],
  ['a client and a package', 'clients/typescript/a.ts', `export { z } from 'zod'`],
  ['a client and shared/', 'clients/typescript/a.ts', `export { a } from '../../shared/base/wire.ts'`],
  ['a script and a handler', 'scripts/a.ts', `export { rate } from '../functions/feedback/handler.ts'`],
  [
    'a script further down and a handler',
    'scripts/local/a.ts',
    `export { a } from '../../functions/feedback/handler.ts'`,
  ],
  ['a test of scripts and a handler', 'scripts/a.test.ts', `export { rate } from '../functions/feedback/handler.ts'`],
  ['a script and shared/ by its path', 'scripts/a.ts', `export { a } from '../shared/base/locks.ts'`],
  ['a test and shared/ by its path', 'test/a.test.ts', `export { a } from '../shared/base/locks.ts'`],
]

/** A mistake and a permitted import for every room that has rooms above it and below it. */
const rooms: readonly Plant[] = [
  ['a room of shared/ and one above it', 'shared/database/a.ts', `export { a } from '../http/edge.ts'`],
  ['a room of shared/ and a type from above', 'shared/base/a.ts', `export type { A } from '../database/database.ts'`],
  ['a room of shared/ and one of its floor', 'shared/http/a.ts', `export { a } from '../points/series.ts'`],
  ['a room that is not in the table', 'shared/http/a.ts', `export { a } from '../helpers/a.ts'`],
  ['a room of scripts and one above it', 'scripts/database/a.ts', `export { a } from '../local/suite.ts'`],
  ['a deeper room of scripts', 'scripts/data/import/rows/a.ts', `export { a } from '../../../lab/bench/row.ts'`],
  ['deploying and the local suite', 'scripts/deploy/check/a.ts', `export { a } from '../../local/suite.ts'`],
  ['objects and months', 'functions/retention/objects/a.ts', `export { a } from '../months/seal.ts'`],
  ['objects and a type of rows', 'functions/retention/objects/a.ts', `export type { A } from '../rows/row-archive.ts'`],
  ['months and the rules of a run', 'functions/retention/months/a.ts', `export { a } from '../handler.ts'`],
  ['months and SQL', 'functions/retention/months/a.ts', `export { sql } from 'kysely'`],
  ['queries of a room and its rules', 'functions/retention/stored/a-queries.ts', `export { a } from './seal.ts'`],
  ['a decoder and messages', 'functions/metrics-ingest/protocols/a.ts', `export { a } from '../push/push-handler.ts'`],
  ['a range and an aggregate', 'functions/metrics-query/range/a.ts', `export { a } from '../aggregate/sum-range.ts'`],
  ['a room and another slice', 'functions/metrics-query/range/a.ts', `export { a } from '../../feedback/stats.ts'`],
]

const allowedRooms: readonly Plant[] = [
  ['a room of shared/ and one below it', 'shared/http/a.ts', `export type { A } from '../auth/principal.ts'`],
  ['a room of shared/ and its neighbour', 'shared/http/a.ts', `export { a } from './edge.ts'`],
  ['the budget and its numbers', 'shared/database/a.ts', `export { tiers } from '../deployments.json'`],
  ['a room of scripts and one below it', 'scripts/lab/bench/a.ts', `export { a } from '../../local/suite.ts'`],
  [
    'a room of scripts and the database of shared/',
    'scripts/cli/a.ts',
    `export { a } from '@penstock/shared/database/a.ts'`,
  ],
  ['months and objects', 'functions/retention/stored/a.ts', `export { a } from '../objects/verify.ts'`],
  ['objects and what a policy is', 'functions/retention/objects/a.ts', `export type { A } from '../policy.ts'`],
  ['queries of a room and kysely', 'functions/retention/stored/a-queries.ts', `export { sql } from 'kysely'`],
  ['messages and decoders', 'functions/metrics-ingest/push/a.ts', `export { a } from '../protocols/collector.ts'`],
  ['an aggregate and forms', 'functions/metrics-query/aggregate/a.ts', `export { a } from '../forms/numbers.ts'`],
  ['a slice and its rooms', 'functions/retention/policies.ts', `export { a } from './stored/stored-months.ts'`],
  ['a page and a part of it', 'functions/console/app/pages/a/a.ts', `export { a } from '../../ui/a.ts'`],
  ['the page and its client', 'functions/console/app/api/a.ts', `export { createClient } from '@penstock/client'`],
]

const globals: readonly Plant[] = [
  ['the time in a handler', 'functions/feedback/handler.ts', 'export const at = new Date()'],
  ['milliseconds in a handler', 'functions/feedback/handler.ts', 'export const at = Date.now()'],
  ['the time in queries', 'functions/feedback/queries.ts', 'export const at = globalThis.Date.now()'],
  ['the monotonic clock in other rules', 'functions/feedback/cursor.ts', 'export const at = performance.now()'],
  ['a random id in a handler', 'functions/feedback/handler.ts', 'export const id = crypto.randomUUID()'],
  ['the process in a handler', 'functions/feedback/handler.ts', 'export const home = process.cwd()'],
]

const others: readonly (readonly [...Plant, rule: string])[] = [
  [
    'chance in a handler',
    'functions/feedback/handler.ts',
    'export const a = Math.random()',
    'eslint(no-restricted-properties)',
  ],
  ['the environment in shared/', 'shared/base/a.ts', 'export const a = process.env', 'node(no-process-env)'],
  [
    'a type by import()',
    'shared/base/a.ts',
    `export type A = import('./b.ts').A`,
    'typescript(consistent-type-imports)',
  ],
  [
    'a forgotten promise',
    'shared/base/a.ts',
    'export function a(b: () => Promise<void>): void { b() }',
    'typescript(no-floating-promises)',
  ],
  [
    'a promise as a condition',
    'shared/base/a.ts',
    'export const a = async (b: Promise<boolean>) => { if (b) await b }',
    'typescript(no-misused-promises)',
  ],
  [
    'an async function where nobody waits',
    'shared/base/a.ts',
    'export const a = (b: number[]) => { b.forEach(async () => { await Promise.resolve() }) }',
    'typescript(no-misused-promises)',
  ],
  [
    'waiting for no promise',
    'shared/base/a.ts',
    'export const a = async (b: number) => { await b }',
    'typescript(await-thenable)',
  ],
  [
    'a promise that leaves its try',
    'shared/base/a.ts',
    'export const a = async (b: () => Promise<void>) => { try { return b() } catch { return undefined } }',
    'typescript(return-await)',
  ],
  ['any', 'shared/base/a.ts', 'export const a = (b: any): string => String(b)', 'typescript(no-explicit-any)'],
  ['!', 'shared/base/a.ts', 'export const a = (b?: string): string => b!', 'typescript(no-non-null-assertion)'],
  ['the console in a handler', 'functions/feedback/handler.ts', `console.log('a')`, 'eslint(no-console)'],
  ['the console in shared/', 'shared/base/a.ts', `console.log('a')`, 'eslint(no-console)'],
  ['the console in a command', 'scripts/a.ts', `console.log('a')`, 'eslint(no-restricted-globals)'],
  ['the console by another name', 'scripts/a.ts', `const { log } = console\nlog('a')`, 'eslint(no-restricted-globals)'],
  ['standard output in a command', 'scripts/a.ts', `process.stdout.write('a')`, 'eslint(no-restricted-properties)'],
  [
    'standard error by another name',
    'scripts/a.ts',
    `const { stderr } = process\nstderr.write('a')`,
    'eslint(no-restricted-properties)',
  ],
  [
    'standard output by import',
    'scripts/a.ts',
    `import { stdout } from 'node:process'\nstdout.write('a')`,
    'eslint(no-restricted-imports)',
  ],
  ['a default export', 'shared/base/a.ts', 'export default function a(): void {}', 'import(no-default-export)'],
  ['a barrel', 'shared/base/a.ts', `export * from './problem.ts'`, 'oxc(no-barrel-file)'],
  [
    'a promise of later work',
    'shared/base/a.ts',
    `export const a = 1 // ${'TO'}DO: more`,
    'eslint(no-warning-comments)',
  ],
  ['a file of 301 lines', 'shared/base/a.ts', linesOf(301), 'eslint(max-lines)'],
  ['a function of 51 lines', 'shared/base/a.ts', functionOf(51), 'eslint(max-lines-per-function)'],
  ['a file name with a hump', 'shared/base/aB.ts', 'export const a = 1', 'unicorn(filename-case)'],
  [
    'a test that hides others',
    'test/a.test.ts',
    `import { it } from 'vitest'\nit.only('a', () => {})`,
    'vitest(no-focused-tests)',
  ],
]

const allowed: readonly Plant[] = [
  ['a contract and zod', 'functions/feedback/contract.ts', `export { z } from 'zod'`],
  ['a contract and the wire', 'functions/feedback/contract.ts', `export { text } from '@penstock/shared/base/wire.ts'`],
  [
    'a contract and problems',
    'functions/feedback/contract.ts',
    `export type { ProblemKind } from '@penstock/shared/base/problem.ts'`,
  ],
  ['settings and zod', 'functions/feedback/config.ts', `export { z } from 'zod'`],
  [
    'settings and their parser',
    'functions/feedback/config.ts',
    `export { a } from '@penstock/shared/config/config.ts'`,
  ],
  ['queries and kysely', 'functions/feedback/queries.ts', `export { sql } from 'kysely'`],
  [
    'queries and the schema',
    'functions/feedback/queries.ts',
    `export type { A } from '@penstock/shared/schema/index.ts'`,
  ],
  ['a handler and its contract', 'functions/feedback/handler.ts', `export { a } from './contract.ts'`],
  ['a handler and its queries', 'functions/feedback/handler.ts', `export { a } from './queries.ts'`],
  ['a handler and its decoders', 'functions/feedback/handler.ts', `export { a } from './protocols/otlp.ts'`],
  ['a handler and shared/', 'functions/feedback/handler.ts', `export { a } from '@penstock/shared/base/logger.ts'`],
  ['other rules and hashes', 'functions/feedback/cursor.ts', `export { createHmac } from 'node:crypto'`],
  ['other rules and a transaction', 'functions/feedback/cursor.ts', `export type { Transaction } from 'kysely'`],
  ['a decoder and its slice', 'functions/feedback/protocols/a.ts', `export { b } from '../contract.ts'`],
  ['the wiring and its slice', 'functions/feedback/index.ts', `export { a } from './config.ts'`],
  ['the wiring and the front', 'functions/feedback/index.ts', `export { serve } from '@penstock/shared/http/edge.ts'`],
  [
    'a deployment, and the environment',
    'deployments/feedback.ts',
    `import { a } from '../functions/feedback/index.ts'\nexport const b = [a, process.env] as const`,
  ],
  [
    'a slice test and the test database',
    'functions/feedback/a.test.ts',
    `export { a } from '../../test/support/postgres/database.ts'`,
  ],
  ['a slice test and the time', 'functions/feedback/a.test.ts', 'export const at = new Date()'],
  ['the pool and pg', 'shared/database/pool.ts', `export { Pool } from 'pg'`],
  [
    'a test of shared/ and the test database',
    'shared/base/a.test.ts',
    `export { a } from '../../test/support/postgres/database.ts'`,
  ],
  ['a migration and kysely', 'migrations/0001-a.ts', `export { sql } from 'kysely'`],
  ['a client and its own file', 'clients/typescript/a.ts', `export { problemKinds } from './api.ts'`],
  ['a script and a contract', 'scripts/a.ts', `export { routes } from '../functions/feedback/contract.ts'`],
  ['a script, pg and the environment', 'scripts/a.ts', `export { Client } from 'pg'\nexport const a = process.env`],
  ['a journey and slices', 'test/a.test.ts', `export { rate } from '../functions/feedback/handler.ts'`],
  [
    'a promise awaited in its try',
    'shared/base/a.ts',
    `export const a = async (b: () => Promise<void>) => { try { return await b() } catch { return undefined } }`,
  ],
  ['a file of 300 lines', 'shared/base/a.ts', linesOf(300)],
  ['a function of 50 lines', 'shared/base/a.ts', functionOf(50)],
]

const plants = [...imports, ...rooms, ...globals, ...others, ...allowed, ...allowedRooms]
const findings = new Map<string, string[]>()
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penstock-lint-'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  await Promise.all(plants.map(([name, file, source]) => plant(name, file, source)))
  for (const { filename, code } of await lint()) findings.set(filename, [...(findings.get(filename) ?? []), code])
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('reports an import that the table does not have', () => {
  it.each([...imports, ...rooms])('%s', (name, file) => {
    expect(findingsIn(name, file)).toEqual(['eslint(no-restricted-imports)'])
  })
})

describe('reports what is a dependency elsewhere', () => {
  it.each(globals)('%s', (name, file) => {
    expect(findingsIn(name, file)).toEqual(['eslint(no-restricted-globals)'])
  })
})

describe('reports', () => {
  it.each(others)('%s', (name, file, _source, rule) => {
    expect(findingsIn(name, file)).toEqual([rule])
  })
})

describe('does not report', () => {
  it.each([...allowed, ...allowedRooms])('%s', (name, file) => {
    expect(findingsIn(name, file)).toEqual([])
  })
})

/** A plant's own project: settings are relative to the folder that they are in. */
const projectOf = (name: string): string => `plant-${plants.findIndex((other) => other[0] === name)}`

const findingsIn = (name: string, file: string): readonly string[] => findings.get(join(projectOf(name), file)) ?? []

async function plant(name: string, file: string, source: string): Promise<void> {
  const project = join(folder, projectOf(name))
  await mkdir(dirname(join(project, file)), { recursive: true })
  for (const settings of ['.oxlintrc.json', 'tsconfig.json'])
    await copyFile(join(root, settings), join(project, settings))
  await writeFile(join(project, file), `${source}\n`)
}

interface Finding {
  readonly filename: string
  readonly code: string
}

/** The project's own linter over all plants. It exits 1 when it finds something, which is what it is for. */
async function lint(): Promise<readonly Finding[]> {
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint')
  const output = await new Promise<string>((resolve, reject) => {
    const args = [oxlint, '--type-aware', '--ignore-pattern', 'node_modules', '-f', 'json']
    execFile(process.execPath, args, { cwd: folder, timeout: 30_000 }, (error, stdout) => {
      if (stdout === '') reject(new Error('oxlint said nothing', { cause: error }))
      else resolve(stdout)
    })
  })
  return (JSON.parse(output) as { readonly diagnostics: readonly Finding[] }).diagnostics
}

/** A function of so many lines, signature and closing brace counted. */
function functionOf(lines: number): string {
  return `export function a(b: number[]): void {\n${'  b.push(1)\n'.repeat(lines - 2)}}`
}

function linesOf(count: number): string {
  return Array.from({ length: count }, (_, index) => `export const a${index} = ${index}`).join('\n')
}
