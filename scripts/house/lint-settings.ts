// The linter's settings file: its overrides are generated from the table of rooms, and the rest is written by hand.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../cli/command.ts'
import { rootFolder } from '../cli/state.ts'
import { overrides } from './overrides.ts'

const START = '  "overrides": ['

/** Describes `penstock lint-rooms`. */
export function describeCommand(command: Command): void {
  command.action(() => writeOverrides(rootFolder))
  addExamples(command, 'penstock lint-rooms')
}

/** Rewrites the overrides of `.oxlintrc.json`. Safe to repeat. */
function writeOverrides(root: string): void {
  const file = join(root, '.oxlintrc.json')
  const text = readFileSync(file, 'utf8')
  const start = text.indexOf(START)
  if (start < 0) throw new Error(`.oxlintrc.json has no line ${START.trim()}`)
  const note = '    // Made from scripts/house by npm run lint:rooms.\n'
  const made = overrides().map((override) => JSON.stringify(override))
  writeFileSync(file, `${text.slice(0, start)}${START}\n${note}${made.join(',\n')}\n  ]\n}\n`)
  execFileSync(join(root, 'node_modules', '.bin', 'biome'), ['format', '--write', '.oxlintrc.json'], { cwd: root })
}

/** Returns the overrides that `.oxlintrc.json` holds. */
export function writtenOverrides(root: string): unknown {
  const text = readFileSync(join(root, '.oxlintrc.json'), 'utf8')
  const settings = text.replaceAll(/^\s*\/\/.*$/gm, '')
  return (JSON.parse(settings) as { readonly overrides: unknown }).overrides
}
