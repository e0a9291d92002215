// The one way from a command to a person's terminal. Everything that is printed is data: control characters are spelled out here, so no
// name, comment, error message or payload of a tenant can move the cursor, clear the screen or write to the clipboard.
// The linter refuses `console` and `process.stdout` in every other script.
import { createInterface, type Interface } from 'node:readline/promises'
import { inspect } from 'node:util'
import { escapeControls, escapeLine } from '@penstock/shared/base/control-characters.ts'

/** Takes back the line that the cursor is on: the only control sequence that a command writes. */
const CLEAR = '\r\x1b[K'

/** Prints lines to standard output: results. */
export const print = (text: string): void => void process.stdout.write(`${escapeControls(text)}\n`)

/** Prints text that already has its line ends to standard output. */
export const printWhole = (text: string): void => void process.stdout.write(escapeControls(text))

/** Prints lines to standard error: progress and errors. */
export const say = (text: string): void => void process.stderr.write(`${escapeControls(text)}\n`)

/** Prints an error of ours, with its stack and causes, to standard error. */
export const sayError = (error: unknown): void => say(inspect(error, { colors: false }))

/** A value within a line that we word: it cannot begin another line, or a column that is not there. */
export const inLine = (value: unknown): string => escapeLine(String(value))

/** Where progress is shown. */
export interface Screen {
  readonly isTerminal: boolean
  /** Takes back the line that the cursor is on. */
  readonly clear: () => void
  /** Shows text, which has its own line ends. */
  readonly write: (text: string) => void
}

/** Standard error, as a place for a bar that is drawn again and again. */
export const screen: Screen = {
  isTerminal: process.stderr.isTTY,
  clear: () => void process.stderr.write(CLEAR),
  write: (text) => void process.stderr.write(escapeControls(text)),
}

/** Asks the person at the terminal; the question goes to standard error. The caller checks first that there is one. */
export async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question(escapeControls(question))
  } finally {
    terminal.close()
  }
}

/** Lines that a person types at a prompt on standard output. */
export const openPrompt = (prompt: string): Interface =>
  createInterface({ input: process.stdin, output: process.stdout, prompt: escapeControls(prompt) })
