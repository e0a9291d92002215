// The command line of npm run test:hostile.
import { parseArgs } from 'node:util'

export interface Arguments {
  readonly seed: string
  readonly count: number
  /** Only routes whose names begin with this. */
  readonly only: string | undefined
  /** Only the request with this number. */
  readonly at: number | undefined
  readonly help: boolean
}

export const USAGE = `usage: npm run test:hostile -- [--seed S] [--count N] [--only ROUTE] [--at NUMBER] [--help]

  --seed S      the same seed makes the same requests (default 1)
  --count N     requests (default 100000); below 10000 what takes long is left out
  --only ROUTE  only routes whose name begins so: metrics-ingest.batch, metrics-query
  --at NUMBER   only the request with this number, which a failure names`

const DEFAULT_COUNT = 100_000

/** An invalid command line; the message is for a person. */
export class UsageError extends Error {}

/** Parses the arguments. @throws {UsageError} for unknown arguments and invalid numbers. */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parse(args)
  return {
    seed: values.seed,
    count: values.count === undefined ? DEFAULT_COUNT : wholeNumber('--count', values.count),
    only: values.only,
    at: values.at === undefined ? undefined : wholeNumber('--at', values.at),
    help: values.help,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: '1' },
        count: { type: 'string' },
        only: { type: 'string' },
        at: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0], { cause: error })
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${name} takes a whole number, not ${text}`)
  return Number(text)
}
