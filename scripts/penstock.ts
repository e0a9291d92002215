#!/usr/bin/env node
// npx penstock: every command of the project. scripts/program/table.ts lists them.
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Before the rest is loaded, so that a command starts in half the time; where the folder cannot be written, nothing is cached.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/penstock'))
const [{ runProgram }, { table }] = await Promise.all([import('./program/program.ts'), import('./program/table.ts')])

// A command is over when it has ended: no timer or connection that it left behind keeps the process alive.
process.exit(await runProgram(table, process.argv.slice(2)))
