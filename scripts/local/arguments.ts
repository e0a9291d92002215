// The command line of npm start.
import { parseArgs } from 'node:util'
import { type Tier, tierNames } from '@penstock/shared/config/tier.ts'
import { UsageError } from '../cli/usage-error.ts'

export interface Arguments {
  readonly port: number
  /** Callers without credentials act as the tenant `default`. */
  readonly open: boolean
  /** Begin without data. */
  readonly fresh: boolean
  readonly help: boolean
  /** The tier whose deployments run, with its budget of connections. */
  readonly tier: Tier
}

export const USAGE = `usage: npm start -- [--port N] [--open] [--fresh] [--help]

  --port N   the gateway's port (default 8080)
  --open     callers without credentials act as the tenant default
  --fresh    delete the local data and keys first
  --help     show this

PENSTOCK_TIER=small|standard|large runs the deployments of that tier (default standard).
DATABASE_URL=postgres://… uses that server instead of the embedded PostgreSQL (a superuser's URL).`

const DEFAULT_PORT = 8080

/** @throws {UsageError} for what is not known, and for a port or a tier that is none. */
export function readArguments(args: readonly string[], tier = 'standard'): Arguments {
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
    return {
      port: readPort(values.port),
      tier: readTier(tier),
      open: values.open,
      fresh: values.fresh,
      help: values.help,
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    // The first sentence names the argument; the others explain how to pass it as a positional, of which there are none.
    throw new UsageError((error as Error).message.split('. ')[0], { cause: error })
  }
}

function readTier(text: string): Tier {
  const found = tierNames.find((name) => name === text)
  if (!found) throw new UsageError(`PENSTOCK_TIER takes ${tierNames.join(', ')}, not ${text}`)
  return found
}

function readPort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new UsageError(`--port takes a number from 1 to 65535, not ${text}`)
  return port
}
