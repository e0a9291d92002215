// The command line of backfill.
import { parseArgs } from 'node:util'
import { type Status, statuses } from '../../../functions/backfill/contract.ts'
import { UsageError } from '../../cli/usage-error.ts'

export const USAGE = `usage: npm run backfill -- start --type TYPE --from BLOCK --to BLOCK [--by NAME]   prints the new job's id
       npm run backfill -- list [--status STATUS] [--type TYPE] [--limit N]
       npm run backfill -- status JOB
       npm run backfill -- work JOB --command 'COMMAND' [--workers N] [--size BLOCKS] [--lease SECONDS] [--attempts N]
       npm run backfill -- import FILE… [--workers N] [--again] and the options of npm run import

  --command    run by the shell for each range; {start}, {end} and {job} stand for the range and the job, and so do PENSTOCK_START_BLOCK,
               PENSTOCK_END_BLOCK, PENSTOCK_JOB and PENSTOCK_FENCING_TOKEN in its environment. It ends with 0 when the range is done
  --workers    how many at a time (default 4; import 2)
  --size       the most blocks of a range (default 1000)
  --lease      seconds after which the range of a worker that died is another's (default 60)
  --attempts   how often a range is tried (default 5)
  --again      import: also files that were imported before

  --url URL --key KEY   of the suite, and a key of backfill:write,backfill:read (or PENSTOCK_URL, PENSTOCK_KEY). Default: the suite that
                        runs in this checkout`

export interface Place {
  readonly url: string | undefined
  readonly key: string | undefined
}

export type Command = Place &
  (
    | {
        readonly kind: 'start'
        readonly type: string
        readonly from: bigint
        readonly to: bigint
        readonly by: string | undefined
      }
    | {
        readonly kind: 'list'
        readonly status: Status | undefined
        readonly type: string | undefined
        readonly limit: number
      }
    | { readonly kind: 'status'; readonly job: string }
    | {
        readonly kind: 'work'
        readonly job: string
        readonly command: string
        readonly workers: number
        readonly size: number
        readonly leaseSeconds: number
        readonly attempts: number
      }
  )

const text = { type: 'string' } as const
const optionsOf = {
  start: { type: text, from: text, to: text, by: text, url: text, key: text },
  list: { type: text, status: text, limit: text, url: text, key: text },
  status: { url: text, key: text },
  work: { command: text, workers: text, size: text, lease: text, attempts: text, url: text, key: text },
} as const

/** Parses the command line. @throws {UsageError} for an invalid one. */
export function readCommand(args: readonly string[]): Command {
  const [kind = '', ...rest] = args
  if (kind !== 'start' && kind !== 'list' && kind !== 'status' && kind !== 'work')
    throw new UsageError(kind === '' ? 'what?' : `there is no backfill ${kind}`)
  const { values, positionals } = parse(kind, rest)
  const place = { url: readUrl(values['url']), key: values['key'] }
  const wanted = kind === 'status' || kind === 'work' ? 1 : 0
  if (positionals.length !== wanted) throw new UsageError(wanted === 1 ? 'which job?' : `what is ${positionals[0]}?`)
  const [job = ''] = positionals
  if (kind === 'status') return { kind, job, ...place }
  if (kind === 'list') {
    return {
      kind,
      status: readStatus(values['status']),
      type: values['type'],
      limit: readNumber('limit', values['limit'], 10, 100),
      ...place,
    }
  }
  if (kind === 'start') {
    const [from, to] = [readBlock('from', values['from']), readBlock('to', values['to'])]
    return { kind, type: needed('type', values['type']), from, to, by: values['by'], ...place }
  }
  return {
    kind,
    job,
    command: needed('command', values['command']),
    workers: readNumber('workers', values['workers'], 4, 64),
    size: readNumber('size', values['size'], 1_000, Number.MAX_SAFE_INTEGER),
    leaseSeconds: readNumber('lease', values['lease'], 60, 86_400),
    attempts: readNumber('attempts', values['attempts'], 5, 1_000),
    ...place,
  }
}

function parse(kind: keyof typeof optionsOf, args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: optionsOf[kind] })
    return { values: values as Readonly<Record<string, string | undefined>>, positionals }
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0], { cause: error })
  }
}

function needed(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new UsageError(`--${name} is needed`)
  return value
}

export function readNumber(name: string, value: string | undefined, fallback: number, max: number): number {
  if (value === undefined) return fallback
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < 1 || number > max)
    throw new UsageError(`--${name} takes a whole number from 1 to ${max}, not ${value}`)
  return number
}

function readBlock(name: string, value: string | undefined): bigint {
  const block = needed(name, value)
  if (!/^\d{1,19}$/.test(block)) throw new UsageError(`--${name} takes a block's number, not ${block}`)
  return BigInt(block)
}

function readStatus(value: string | undefined): Status | undefined {
  if (value === undefined) return undefined
  const status = statuses.find((one) => one === value)
  if (status === undefined) throw new UsageError(`--status is one of ${statuses.join(', ')}`)
  return status
}

function readUrl(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  if (!URL.canParse(value) || !/^https?:/.test(value)) throw new UsageError('--url is that of the suite: http://…')
  return value.replace(/\/+$/, '')
}
