// The command line of an import.
import { parseArgs } from 'node:util'
import { UsageError } from './import-error.ts'
import type { Decimal } from './rows/numbers.ts'
import { type TimeFormat, timeFormats } from './rows/times.ts'
import { openZone, UTC } from './rows/zone.ts'

export const USAGE = `usage: npm run import -- FILE… --service NAME [options]
  FILE                       CSV with a header, or NDJSON in the form of the wire; either may be gzipped

  of CSV files ({file} in NAME, TYPE and VALUE stands for the file's name without its endings)
  --service NAME             service_name of the points; needed
  --metric COLUMN=TYPE:UNIT  a column to take and what it becomes; may be repeated. Without TYPE the column's name, without
                             UNIT 1. Default: every column of numbers
  --label NAME=VALUE         a label of the points; may be repeated. {COLUMN} in NAME, TYPE and VALUE stands for the row's cell
  --label-column COLUMN      a column that tells series apart, which becomes a label; may be repeated. Default: those that are
                             called so, such as entity_id or station
  --leave-out COLUMN         a column that tells nothing apart; may be repeated
  --time COLUMN              the column of the times, or twice: those of dates and of times of day. Default: by their names
  --time-format FORMAT       ${timeFormats.slice(0, 6).join(', ')},
                             ${timeFormats.slice(6).join(', ')}. Default: by the look of them
  --zone ZONE                of times without an offset, such as Europe/Berlin. Default: ${UTC}
  --delimiter CHARACTER      "tab" for a tab. Default: , ; | or a tab, whichever the header has most of
  --decimal CHARACTER        before the decimals of a number: . or , (default: .)

  where to
  --tenant NAME              default: default
  --url URL --key KEY        over HTTP, with a key of metrics:write (or in PENSTOCK_KEY); the key decides the tenant
  --progress FILE            over HTTP: keeps how far it came, for the next run after one that was interrupted

  --again                    from the beginning, also after an interrupted run
  --dry-run                  reads everything and changes nothing
  --strict                   ends with 3 when something was refused, different values met, or nothing was stored`

/** Options for reading CSV files. */
export interface CsvOptions {
  readonly service: string | undefined
  /** Empty for every column of numbers. */
  readonly metrics: readonly { readonly column: string; readonly type: string; readonly unit: string }[]
  readonly labels: readonly (readonly [name: string, value: string])[]
  /** Columns that become labels, and columns that must not. */
  readonly labelColumns: readonly string[]
  readonly leaveOut: readonly string[]
  /** None, the column of timestamps, or the two columns of dates and of times of day. */
  readonly time: readonly string[]
  readonly timeFormat: TimeFormat | undefined
  readonly zone: string
  /** Undefined to derive it from the header. */
  readonly delimiter: string | undefined
  readonly decimal: Decimal
}

export interface ImportOptions {
  readonly files: readonly string[]
  readonly csv: CsvOptions
  readonly tenant: string
  readonly http: { readonly url: string; readonly key: string; readonly progress: string | undefined } | undefined
  readonly again: boolean
  readonly dryRun: boolean
  readonly strict: boolean
}

/** Parses the command line. @throws {UsageError} for an invalid one. */
export function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ImportOptions {
  const { values, positionals } = parse(args)
  if (positionals.length === 0) throw new UsageError('which files?')
  const key = values.key ?? environment['PENSTOCK_KEY']
  if (values.url === undefined && (values.key !== undefined || values.progress !== undefined)) {
    throw new UsageError('--key and --progress belong to --url')
  }
  if (values.url !== undefined && (values.tenant !== undefined || key === undefined)) {
    throw new UsageError(key === undefined ? '--url needs --key' : 'with --url the key decides the tenant')
  }
  return {
    files: positionals,
    csv: {
      service: values.service,
      metrics: (values.metric ?? []).map(readMetric),
      labels: (values.label ?? []).map(readLabel),
      labelColumns: values['label-column'] ?? [],
      leaveOut: values['leave-out'] ?? [],
      time: readTime(values.time),
      timeFormat: readTimeFormat(values['time-format']),
      zone: readZone(values.zone),
      delimiter: readDelimiter(values.delimiter),
      decimal: readDecimal(values.decimal),
    },
    tenant: values.tenant ?? 'default',
    http:
      values.url === undefined ? undefined : { url: readUrl(values.url), key: key ?? '', progress: values.progress },
    again: values.again ?? false,
    dryRun: values['dry-run'] ?? false,
    strict: values.strict ?? false,
  }
}

/**
 * Returns the arguments without the files, in the form that works for each file alone. @throws {UsageError} for an invalid command line.
 */
export function optionsAlone(args: readonly string[]): readonly string[] {
  const files = new Set(parse(args).tokens.flatMap(({ kind, index }) => (kind === 'option' ? [] : [index])))
  return args.filter((_, i) => !files.has(i))
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const several = { type: 'string', multiple: true } as const
  const ofCsv = {
    service: text,
    metric: several,
    label: several,
    'label-column': several,
    'leave-out': several,
    time: several,
    'time-format': text,
    zone: text,
    delimiter: text,
    decimal: text,
  }
  const others = { tenant: text, url: text, key: text, progress: text, again: flag, 'dry-run': flag, strict: flag }
  try {
    return parseArgs({ args: [...args], tokens: true, allowPositionals: true, options: { ...ofCsv, ...others } })
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error })
  }
}

/** Parses `COLUMN=TYPE:UNIT`. A column's name may contain = and a type may contain :, so the last ones are the separators. */
function readMetric(text: string): { readonly column: string; readonly type: string; readonly unit: string } {
  const at = text.lastIndexOf('=')
  const column = at < 0 ? text : text.slice(0, at)
  const becomes = at < 0 ? '' : text.slice(at + 1)
  const colon = becomes.lastIndexOf(':')
  const type = colon < 0 ? becomes : becomes.slice(0, colon)
  return { column, type: type || column, unit: colon < 0 ? '1' : becomes.slice(colon + 1) }
}

function readLabel(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at <= 0) throw new UsageError(`--label is NAME=VALUE, not ${text}`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function readTimeFormat(text: string | undefined): TimeFormat | undefined {
  if (text === undefined) return undefined
  const format = timeFormats.find((known) => known.toLowerCase() === text.toLowerCase())
  if (format === undefined) throw new UsageError(`--time-format is one of ${timeFormats.join(', ')}`)
  return format
}

function readZone(name: string | undefined): string {
  if (name === undefined) return UTC
  try {
    openZone(name)
    return name
  } catch (error) {
    throw new UsageError(`there is no time zone ${name}`, { cause: error })
  }
}

function readTime(columns: readonly string[] = []): readonly string[] {
  if (columns.length > 2) throw new UsageError('--time is one column, or two: of dates and of times of day')
  return columns
}

function readDecimal(text = '.'): Decimal {
  if (text === '.' || text === ',') return text
  throw new UsageError('--decimal is . or ,')
}

function readDelimiter(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const delimiter = text === 'tab' ? '\t' : text
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter)) throw new UsageError('--delimiter is one character')
  return delimiter
}

function readUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text)) throw new UsageError('--url is that of the suite: http://…')
  return text.replace(/\/+$/, '')
}
