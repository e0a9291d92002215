// npx penstock: every command of the project. scripts/program/table.ts lists them.
import { runProgram } from './program/program.ts'
import { table } from './program/table.ts'

process.exitCode = await runProgram(table, process.argv.slice(2))
