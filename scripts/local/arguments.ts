// The command line of npm start.
import { parseArgs } from 'node:util'
import { UsageError } from '../cli/usage-error.ts'

export interface Arguments {
  readonly port: number
  /** Callers without credentials act as the tenant `default`. */
  readonly open: boolean
  /** True to begin without data. */
  readonly fresh: boolean
  readonly help: boolean
}

export const USAGE = `usage: npm start -- [--port N] [--open] [--fresh] [--help]

  --port N   the gateway's port (default 8080)
  --open     callers without credentials act as the tenant default
  --fresh    delete the local data and keys first
  --help     show this

DATABASE_URL=postgres://… uses that server instead of the embedded PostgreSQL (a superuser's URL).`

const DEFAULT_PORT = 8080

/** Parses the arguments. @throws {UsageError} for an unknown argument and for an invalid port. */
export function readArguments(args: readonly string[]): Arguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        open: { type: 'boolean', default: false },
        fresh: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    return { port: readPort(values.port), open: values.open, fresh: values.fresh, help: values.help }
  } catch (error) {
    if (error instanceof UsageError) throw error
    // The first sentence names the argument; the others explain how to pass positional arguments, which this program does not have.
    throw new UsageError((error as Error).message.split('. ')[0], { cause: error })
  }
}

function readPort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new UsageError(`--port takes a number from 1 to 65535, not ${text}`)
  return port
}
