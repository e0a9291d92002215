#!/usr/bin/env node
// npx penstock runs every command of the project. scripts/program/table.ts lists them.
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Enabled before the rest is loaded, so that a command starts in half the time; when the folder cannot be written, nothing is cached.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/penstock'))
const [{ printed }, { endWithoutReader }, { runProgram }, { table }] = await Promise.all([
  import('./cli/output.ts'),
  import('./cli/stop.ts'),
  import('./program/program.ts'),
  import('./program/table.ts'),
])
endWithoutReader()

// The process ends with its command: no timer or connection that is left prevents it.
const status = await runProgram(table, process.argv.slice(2))
await printed()
process.exit(status)
