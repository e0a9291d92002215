// The command line of `penstock build`.
import { join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../cli/command.ts'
import { print } from '../cli/output.ts'
import { JSON_OPTION } from '../cli/records.ts'
import { rootFolder } from '../cli/state.ts'
import { buildFunctions, type Manifest } from './build.ts'

/** Describes `penstock build`. */
export function describeCommand(build: Command): void {
  build.option(...JSON_OPTION).action(async ({ json }) => {
    const manifest = await buildFunctions({ root: rootFolder, outDir: join(rootFolder, 'dist') })
    if (json === true) print(JSON.stringify(Object.entries(manifest).map(([name, built]) => ({ name, ...built }))))
    else printBuilt(manifest)
  })
  addExamples(build, 'penstock build')
}

function printBuilt(manifest: Manifest): void {
  const width = Math.max(...Object.keys(manifest).map((name) => name.length))
  for (const [name, { sha256, bytes }] of Object.entries(manifest)) {
    print(`${name.padEnd(width)}  ${(bytes / 1024).toFixed(0).padStart(5)} KiB  ${sha256.slice(0, 12)}`)
  }
}
