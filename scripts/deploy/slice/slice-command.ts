// Writes the files of a new slice: its folder, its migration and its row in the budget, and then everything that is made from them.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { print } from '../../cli/output.ts'
import { rootFolder } from '../../cli/state.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { withSlice } from './budget-row.ts'
import { namesOf, sliceFiles } from './slice-files.ts'

const PROGRAM = join(rootFolder, 'scripts/penstock.ts')
const FORMATTER = join(rootFolder, 'node_modules/@biomejs/biome/bin/biome')
const BUDGET = 'shared/connection-budget.json'

/** Describes `penstock slice`. */
export function describeCommand(command: Command): void {
  const create = command
    .command('new')
    .argument('<name>', 'in lower case with hyphens; the name of the folder, the path and the scopes')
    .description('Writes a slice with one route and one table, its migration and its row in the budget.')
    .action(createSlice)
  addExamples(create, 'penstock slice new notes')
  addExamples(command, 'penstock slice new notes')
}

function createSlice(name: string): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 30)
    throw new UsageError(`${name} cannot name a slice: use 1 to 30 lower-case letters, digits and hyphens`)
  if (existsSync(join(rootFolder, 'functions', name))) throw new UsageError(`functions/${name} is there already`)
  const written = [...sliceFiles(namesOf(name, nextMigration()))]
  for (const [path, text] of written) {
    mkdirSync(dirname(join(rootFolder, path)), { recursive: true })
    writeFileSync(join(rootFolder, path), text)
  }
  writeFileSync(join(rootFolder, BUDGET), withSlice(readFileSync(join(rootFolder, BUDGET), 'utf8'), name))
  for (const path of [...written.map(([path]) => path), BUDGET]) print(`wrote ${path}`)
  execFileSync(process.execPath, [FORMATTER, 'format', '--write', join(rootFolder, 'functions', name)])
  // Each command runs in a process of its own, because modules that were imported before the slice was written do not change.
  for (const made of ['deployments', 'schema', 'openapi'])
    execFileSync(process.execPath, [PROGRAM, made], { stdio: 'inherit' })
  print(`Next: change functions/${name}, then run npm run check and npx vitest run functions/${name} test/.`)
}

function nextMigration(): number {
  const numbers = readdirSync(join(rootFolder, 'migrations')).map((file) => Number(file.slice(0, 4)))
  return Math.max(...numbers.filter(Number.isFinite)) + 1
}
