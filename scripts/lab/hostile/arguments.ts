// Options of `penstock hostile`.
import type { Command } from '@commander-js/extra-typings'
import { wholeNumber } from '../../cli/command.ts'

export interface Arguments {
  readonly seed: string
  readonly count: number
  /** Only routes whose name begins with this text. */
  readonly only?: string | undefined
  /** Only the request with this number. */
  readonly at?: number | undefined
}

const MOST = 999_999_999

export const hostileOptions = (command: Command) =>
  command
    .option('--seed <seed>', 'the same seed makes the same requests', '1')
    .option('--count <n>', 'requests; below 10000 the slow ones are left out', wholeNumber(0, MOST), 100_000)
    .option('--only <route>', 'only routes whose name begins so: metrics-ingest.batch, metrics-query')
    .option('--at <number>', 'only the request with this number, which a failure names', wholeNumber(0, MOST))
