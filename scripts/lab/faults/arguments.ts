// Options of `penstock faults`.
import { randomInt } from 'node:crypto'
import type { Command } from '@commander-js/extra-typings'
import { wholeNumber } from '../../cli/command.ts'
import { UsageError } from '../../cli/usage-error.ts'
import type { Fault } from './fault.ts'

export interface Arguments {
  readonly faults: readonly Fault[]
  readonly seed: number
  readonly short: boolean
}

const LARGEST_SEED = 2 ** 31

/** Adds the options, and lists every fault with what it tries in the help. */
export function faultOptions(command: Command, catalogue: readonly Fault[]) {
  const width = Math.max(...catalogue.map((fault) => fault.name.length))
  const faults = catalogue.map((fault) => `  ${fault.name.padEnd(width)}  ${fault.tries}`).join('\n')
  return command
    .argument('[names...]', 'only these faults')
    .option('--short', 'fewer times, fewer processes: about a minute and a half')
    .option(
      '--seed <n>',
      'repeats the random choices of this seed (default: a new one each time)',
      wholeNumber(0, LARGEST_SEED),
    )
    .addHelpText('after', `\nFaults:\n${faults}`)
}

interface Values {
  readonly short?: true | undefined
  readonly seed?: number | undefined
}

/** Turns the parsed command line into arguments. @throws {UsageError} for a fault that does not exist. */
export function toArguments(names: readonly string[], values: Values, catalogue: readonly Fault[]): Arguments {
  const unknown = names.find((name) => !catalogue.some((fault) => fault.name === name))
  if (unknown !== undefined) throw new UsageError(`there is no fault ${JSON.stringify(unknown)}`)
  const { short = false, seed = randomInt(LARGEST_SEED) } = values
  const faults = catalogue.filter(({ name, onlyWhole }) =>
    names.length === 0 ? !(short && onlyWhole) : names.includes(name),
  )
  return { faults, seed, short }
}
