// The common part of all command lines: help with examples, errors that name the invalid word, and exit codes.
import { Command, type CommandUnknownOpts, InvalidArgumentError } from '@commander-js/extra-typings'
import type { CommanderError } from 'commander'
import { printWhole, say } from './output.ts'
import { UsageError } from './usage-error.ts'

/** Makes a command without options. Its subcommands inherit the format of help and errors. */
export function newCommand(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .configureOutput({ writeOut: printWhole, writeErr: () => {}, outputError: () => {} })
    .exitOverride((error) => {
      if (error.exitCode === 0) throw error
      throw new UsageError(messageOf(error), { cause: error })
    })
}

/** Adds command lines, without their first word `npx`, after the options in a command's help. */
export function addExamples(command: CommandUnknownOpts, ...lines: readonly string[]): void {
  const shown = lines.map((line) => `  npx ${line}`).join('\n')
  command.addHelpText('after', `\nExamples:\n${shown}`)
}

/**
 * Runs a command line. Resolves with the exit code: 0, or what the command set; 1 when it failed; 2 for an
 * invalid command line, after a message on stderr that names the word, the usage line, and the command for help.
 */
export async function runCommand(command: CommandUnknownOpts, args: readonly string[]): Promise<number> {
  try {
    await command.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (isHelp(error)) return 0
    const meant = commandOf(command, args)
    const isMisused = error instanceof UsageError
    const extra = isMisused && isExcess(error.cause) ? unexpected(meant) : undefined
    say(`${nameOf(meant)}: ${extra ?? (error as Error).message}`)
    if (!isMisused) return 1
    say(`usage: ${meant.createHelp().commandUsage(meant)}\nRun "npx ${pathOf(meant)} --help" for options and examples.`)
    return 2
  }
  return Number(process.exitCode ?? 0)
}

const isHelp = (error: unknown): boolean =>
  error instanceof Error && 'exitCode' in error && error.exitCode === 0 && 'code' in error

/** Returns the library's message without its first word, with its suggestion in the same line. */
function messageOf({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'missing command'
  return message
    .replace(/^error: /, '')
    .replace(/^command-argument value (.*) is invalid for argument /, 'argument $1 is invalid for ')
    .replace(/\n\((.*)\)$/, '. $1')
}

/** Returns the command that the first words name. */
function commandOf(command: CommandUnknownOpts, [word, ...rest]: readonly string[]): CommandUnknownOpts {
  const next = command.commands.find((one) => one.name() === word)
  return next === undefined ? command : commandOf(next, rest)
}

const isExcess = (cause: unknown): boolean =>
  (cause as CommanderError | undefined)?.code === 'commander.excessArguments'

/** Returns the first superfluous argument, because the library only counts them and a person must see the word. */
function unexpected(command: CommandUnknownOpts): string {
  const word = command.args[command.registeredArguments.length] ?? ''
  const known = command.commands.map((one) => one.name()).join(', ')
  return `unexpected argument ${JSON.stringify(word)}${known === '' ? '' : `. The commands are: ${known}`}`
}

/** Returns the name of the command below the program, with which every message begins; without one, the program's own name. */
function nameOf(command: CommandUnknownOpts): string {
  const [program = '', name] = pathOf(command).split(' ')
  return name ?? program
}

function pathOf(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

/** Makes the parser of a whole number between two bounds, for an option or an argument. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (!/^\d{1,16}$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    return number
  }
}

/** Parses the URL of a suite or of a function; the result has no slash at its end. */
export function httpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new InvalidArgumentError('It must be a URL: http://… or https://…')
  return text.replace(/\/+$/, '')
}

/** Makes the parser of a text that must match a pattern; `form` describes it in messages. */
export function matching(pattern: RegExp, form: string): (text: string) => string {
  return (text) => {
    if (!pattern.test(text)) throw new InvalidArgumentError(`It must be ${form}.`)
    return text
  }
}
