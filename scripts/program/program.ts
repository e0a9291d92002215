// The program `penstock`: a table of commands, of which only the one that is called is loaded.
import type { Command } from '@commander-js/extra-typings'
import { addExamples, newCommand, runCommand } from '../cli/command.ts'
import { printWhole } from '../cli/output.ts'
import { completionScript, shells } from './completion.ts'

export interface ProgramCommand {
  readonly name: string
  /** The heading of the help under which it is listed. */
  readonly group: string
  readonly summary: string
  readonly load: Load
}

/** Loads the module of a command. `describeCommand` adds options, subcommands, examples and the action. */
export type Load = () => Promise<{ readonly describeCommand: (command: Command) => void }>

/** Runs `penstock` with these words and resolves with the exit code. */
export async function runProgram(table: readonly ProgramCommand[], args: readonly string[]): Promise<number> {
  const called = table.find(({ name }) => name === args[0])
  return await runCommand(await describeProgram(table, called === undefined ? [] : [called]), args)
}

/** Returns the program with every command of the table. Only those of `loaded` have their options and subcommands. */
export async function describeProgram(
  table: readonly ProgramCommand[],
  loaded: readonly ProgramCommand[],
): Promise<Command> {
  const program = newCommand('penstock', 'Runs, operates and proves the Penstock suite.')
  addExamples(program, 'penstock start', 'penstock keys create --help', 'penstock completion bash')
  for (const entry of table) {
    const command = newCommand(entry.name, entry.summary).helpGroup(`${entry.group}:`)
    program.addCommand(command)
    if (loaded.includes(entry)) (await entry.load()).describeCommand(command)
  }
  addCompletion(program, table)
  return program
}

function addCompletion(program: Command, table: readonly ProgramCommand[]): void {
  const completion = newCommand('completion', 'Prints a script that completes commands and options in your shell.')
  for (const shell of shells) {
    const command = completion.command(shell).description(`Prints the script for ${shell}.`)
    addExamples(command, `penstock completion ${shell}`)
    command.action(async () => printWhole(completionScript(shell, await describeProgram(table, table))))
  }
  addExamples(
    completion,
    'penstock completion bash > ~/.local/share/bash-completion/completions/penstock',
    'penstock completion zsh > "${fpath[1]}/_penstock"',
    'penstock completion fish > ~/.config/fish/completions/penstock.fish',
  )
  program.addCommand(completion.helpGroup('Run:'))
}
