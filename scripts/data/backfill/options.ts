// Options of the commands of `penstock backfill`.
import { type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { statuses } from '../../../functions/backfill/contract.ts'
import { httpUrl, wholeNumber } from '../../cli/command.ts'

export interface Place {
  readonly url?: string | undefined
  readonly key?: string | undefined
}

const RANGE = `
The shell runs COMMAND for each range. {start}, {end} and {job} in it are the range and the job, and so are PENSTOCK_START_BLOCK,
PENSTOCK_END_BLOCK, PENSTOCK_JOB and PENSTOCK_FENCING_TOKEN in its environment. It ends with 0 when the range is done.`

/** Adds the URL of the suite and the key. */
const placed = <Args extends unknown[]>(command: Command<Args>) =>
  command
    .option('--url <url>', 'the suite (default: PENSTOCK_URL, or the suite of this checkout)', httpUrl)
    .option(
      '--key <key>',
      'a key with backfill:write and backfill:read (default: PENSTOCK_KEY, or that of this checkout)',
    )

export const startOptions = (command: Command) =>
  placed(command)
    .requiredOption('--type <type>', 'type of the job')
    .requiredOption('--from <block>', 'its first block', block)
    .requiredOption('--to <block>', 'its last block', block)
    .option('--by <name>', 'who starts it')

export const listOptions = (command: Command) =>
  placed(command)
    .addOption(new Option('--status <status>', 'only jobs with this status').choices(statuses))
    .option('--type <type>', 'only jobs of this type')
    .option('--limit <n>', 'at most this many', wholeNumber(1, 100), 10)

export const statusOptions = (command: Command) => placed(command.argument('<job>', 'id of the job'))

export const workOptions = (command: Command) =>
  placed(command.argument('<job>', 'id of the job'))
    .requiredOption('--command <command>', 'what does the work of a range')
    .option('--workers <n>', 'ranges at a time', wholeNumber(1, 64), 4)
    .option('--size <blocks>', 'blocks of a range at most', wholeNumber(1, Number.MAX_SAFE_INTEGER), 1_000)
    .option(
      '--lease <seconds>',
      'after which the range of a worker that died is handed out again',
      wholeNumber(1, 86_400),
      60,
    )
    .option('--attempts <n>', 'attempts for a range', wholeNumber(1, 1_000), 5)
    .addHelpText('after', RANGE)

function block(text: string): bigint {
  if (!/^\d{1,19}$/.test(text)) throw new InvalidArgumentError("It must be a block's number.")
  return BigInt(text)
}
