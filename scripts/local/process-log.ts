// A process's output: written to a file, and its errors shown on the terminal, one line each.
import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { escapeControls } from '@penstock/shared/base/control-characters.ts'

export interface ProcessLog {
  /** Accepts output in chunks; a line may be split anywhere. */
  write(chunk: Buffer): void
  /** Returns the last line that reports an error; empty when there is none. */
  lastError(): string
  close(): Promise<void>
}

export interface ProcessLogDeps {
  readonly clock: () => number
  /** Shows a line on the terminal. */
  readonly show: (line: string) => void
}

const MAX_LINE = 64 * 1024
const SHOWN_LINE = 300
/** The same error within this time is only written to the file. */
const REPEATED_MS = 10_000

/** Opens a process's log, in which control characters are spelled out; the log of the last start is retained next to it as `.1`. */
export function openProcessLog(deps: ProcessLogDeps, name: string, path: string): ProcessLog {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (existsSync(path)) renameSync(path, `${path}.1`)
  const file = createWriteStream(path, { mode: 0o600 })
  file.on('error', (error) => deps.show(`${name}: cannot write its log: ${error.message}`))
  const shown = new Map<string, number>()
  const decoder = new StringDecoder()
  let begun = ''
  let lastError = ''
  const heed = (line: string): void => {
    const error = errorIn(line)
    if (error === undefined) return
    lastError = error
    const now = deps.clock()
    if (now - (shown.get(error) ?? Number.NEGATIVE_INFINITY) < REPEATED_MS) return
    if (shown.size > 100) shown.clear()
    shown.set(error, now)
    deps.show(`${name}: ${error}`)
  }
  return {
    write(chunk) {
      const text = decoder.write(chunk)
      file.write(escapeControls(text))
      const lines = (begun + text).split('\n')
      begun = (lines.pop() ?? '').slice(0, MAX_LINE)
      for (const line of lines) heed(line)
    },
    lastError: () => lastError,
    async close() {
      await new Promise<void>((resolve) => {
        file.end(() => resolve())
      })
    },
  }
}

/**
 * Returns the message of a Cloud Logging line with an error's severity, or a plain line that names an error, as the framework prints it.
 */
function errorIn(line: string): string | undefined {
  if (!line.startsWith('{')) return /^(?:Detailed stack trace: )?(\w*Error\b.*)/.exec(line)?.[1]?.slice(0, SHOWN_LINE)
  if (!/"severity":"(?:ERROR|CRITICAL|ALERT|EMERGENCY)"/.test(line)) return undefined
  try {
    const { message, err, detail } = JSON.parse(line) as {
      message?: string
      err?: { message?: string }
      detail?: string
    }
    return [message, err?.message ?? detail].filter(Boolean).join(': ').replace(/\s+/g, ' ').slice(0, SHOWN_LINE)
  } catch {
    return line.slice(0, SHOWN_LINE)
  }
}
