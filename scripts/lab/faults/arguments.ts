// The command line of npm run test:faults.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { UsageError } from '../../cli/usage-error.ts'
import type { Fault } from './fault.ts'

export interface Arguments {
  readonly faults: readonly Fault[]
  readonly seed: number
  readonly short: boolean
  readonly help: boolean
}

const LARGEST_SEED = 2 ** 31

/** Returns the text for --help: every fault with its description. */
export function usage(catalogue: readonly Fault[]): string {
  const width = Math.max(...catalogue.map((fault) => fault.name.length))
  return `usage: npm run test:faults -- [NAME…] [--short] [--seed N] [--help]

  NAME      these faults alone
  --short   fewer times, fewer processes: about a minute and a half
  --seed N  what is left to chance falls as with this seed (default: another one each time)
  --help    show this

${catalogue.map((fault) => `  ${fault.name.padEnd(width)}  ${fault.tries}`).join('\n')}`
}

/** Parses the arguments. @throws {UsageError} for an unknown argument. */
export function readArguments(args: readonly string[], catalogue: readonly Fault[]): Arguments {
  const { values, positionals } = parsed(args)
  const unknown = positionals.find((name) => !catalogue.some((fault) => fault.name === name))
  if (unknown !== undefined) throw new UsageError(`there is no fault ${unknown}`)
  const wanted = catalogue.filter(({ name, onlyWhole }) =>
    positionals.length === 0 ? !(values.short && onlyWhole) : positionals.includes(name),
  )
  const seed = values.seed === undefined ? randomInt(LARGEST_SEED) : Number(values.seed)
  if (!Number.isInteger(seed) || seed < 0 || seed > LARGEST_SEED)
    throw new UsageError(`--seed takes a whole number from 0 to ${LARGEST_SEED}, not ${values.seed}`)
  return { faults: wanted, seed, short: values.short, help: values.help }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        short: { type: 'boolean', default: false },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0], { cause: error })
  }
}
