// The only module that writes to a terminal. Everything that is printed is data: control characters are spelled out here, so no name,
// comment, error message or payload of a tenant can move the cursor, clear the screen or write to the clipboard. The linter refuses
// `console` and `process.stdout` in every other script.
import { createInterface, type Interface } from 'node:readline/promises'
import { inspect } from 'node:util'
import { escapeControls, escapeLine } from '@penstock/shared/base/control-characters.ts'

/** Clears the line with the cursor: the only control sequence that a command writes. */
const CLEAR = '\r\x1b[K'

/** Prints lines to standard output, for results. */
export const print = (text: string): void => void process.stdout.write(`${escapeControls(text)}\n`)

/** Prints text with its own line ends to standard output. */
export const printWhole = (text: string): void => void process.stdout.write(escapeControls(text))

/** Prints lines to standard error, for progress and errors. */
export const say = (text: string): void => void process.stderr.write(`${escapeControls(text)}\n`)

/** Prints an unexpected error with its stack and causes to standard error. */
export const sayError = (error: unknown): void => say(inspect(error, { colors: false }))

/** Returns a value for use within a line: it cannot begin another line or an additional column. */
export const inLine = (value: unknown): string => escapeLine(String(value))

/** Waits until everything that was printed has been taken by its reader, or cannot be. A process that exits before loses it. */
export async function printed(): Promise<void> {
  const taken = async (stream: NodeJS.WriteStream) => await new Promise<void>((done) => stream.write('', () => done()))
  await Promise.all([taken(process.stdout), taken(process.stderr)])
}

/** Calls back for each write that fails. */
export function whenUnwritable(failed: Readonly<Record<'stdout' | 'stderr', () => void>>): void {
  for (const name of ['stdout', 'stderr'] as const) process[name].on('error', failed[name])
}

/** The place where progress is shown. */
export interface Screen {
  readonly isTerminal: boolean
  /** Clears the line with the cursor. */
  readonly clear: () => void
  /** Shows text, which has its own line ends. */
  readonly write: (text: string) => void
}

/** Standard error, as the place of a progress bar. */
export const screen: Screen = {
  isTerminal: process.stderr.isTTY,
  clear: () => void process.stderr.write(CLEAR),
  write: (text) => void process.stderr.write(escapeControls(text)),
}

/** Asks the person at the terminal; the question goes to standard error. The caller must check first that there is a terminal. */
export async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question(escapeControls(question))
  } finally {
    terminal.close()
  }
}

/** Reads lines that a person types at a prompt on standard output. */
export const openPrompt = (prompt: string): Interface =>
  createInterface({ input: process.stdin, output: process.stdout, prompt: escapeControls(prompt) })
