// The command line of an import.
import { type Command, type CommandUnknownOpts, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { httpUrl, newCommand } from '../../cli/command.ts'
import { UsageError } from '../../cli/usage-error.ts'
import type { Decimal } from './rows/numbers.ts'
import { type TimeFormat, timeFormats } from './rows/times.ts'
import { openZone, UTC } from './rows/zone.ts'

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

/** Adds the arguments and options of an import to a command. */
export function importOptions(command: Command) {
  return command
    .argument('<files...>', 'CSV with a header, or NDJSON in the form of the wire; either may be gzipped')
    .optionsGroup('CSV files ({file} in NAME, TYPE and VALUE is the name of the file without its endings):')
    .option('--service <name>', 'service_name of the points; required for CSV files')
    .option(
      '--metric <column=type:unit>',
      "a column to import, repeatable. Without TYPE the column's name, without UNIT 1. Default: every numeric column",
      append,
    )
    .option(
      '--label <name=value>',
      'a label of the points, repeatable. {COLUMN} in NAME, TYPE and VALUE is the cell of the row',
      append,
    )
    .option(
      '--label-column <column>',
      'a column that becomes a label, repeatable. Default: well-known names, such as entity_id and station',
      append,
    )
    .option('--leave-out <column>', 'a column that is not imported, repeatable', append)
    .option(
      '--time <column>',
      'the column of times, or twice: of dates and of times of day. Default: by their names',
      append,
    )
    .option('--time-format <format>', `${timeFormats.join(', ')}. Default: by their look`, timeFormat)
    .option('--zone <zone>', 'zone of times without an offset, such as Europe/Berlin', zone, UTC)
    .option(
      '--delimiter <character>',
      '"tab" for a tab. Default: the most frequent of , ; | and tab in the header',
      delimiter,
    )
    .addOption(new Option('--decimal <character>', 'decimal separator').choices(['.', ',']).default('.' as const))
    .optionsGroup('Target:')
    .option('--tenant <name>', 'the tenant (default: default)')
    .option('--url <url>', 'imports over HTTP into the suite at this URL', httpUrl)
    .option('--key <key>', 'with --url: a key with metrics:write (default: PENSTOCK_KEY); it decides the tenant')
    .option('--progress <file>', 'with --url: records the progress in this file, so that an interrupted import resumes')
    .optionsGroup('Options:')
    .option('--again', 'starts at the beginning, also after an interrupted run')
    .option('--dry-run', 'reads everything and changes nothing')
    .option('--strict', 'ends with 3 when a row was refused, different values met, or nothing was stored')
}

const append = (text: string, given: string[] = []): string[] => [...given, text]

type Values = ReturnType<ReturnType<typeof importOptions>['opts']>
type Environment = Readonly<Record<string, string | undefined>>

/** Turns the parsed command line into options. @throws {UsageError} for options that contradict each other. */
export function toImportOptions(files: readonly string[], values: Values, environment: Environment): ImportOptions {
  const { url, progress } = values
  const key = values.key ?? environment['PENSTOCK_KEY']
  if (url === undefined && (values.key !== undefined || progress !== undefined))
    throw new UsageError('--key and --progress belong to --url')
  if (url !== undefined && (values.tenant !== undefined || key === undefined))
    throw new UsageError(key === undefined ? '--url needs --key' : '--tenant: with --url the key decides the tenant')
  return {
    files,
    csv: {
      service: values.service,
      metrics: (values.metric ?? []).map(readMetric),
      labels: (values.label ?? []).map(readLabel),
      labelColumns: values.labelColumn ?? [],
      leaveOut: values.leaveOut ?? [],
      time: readTime(values.time),
      timeFormat: values.timeFormat,
      zone: values.zone,
      delimiter: values.delimiter,
      decimal: values.decimal,
    },
    tenant: values.tenant ?? 'default',
    http: url === undefined ? undefined : { url, key: key ?? '', progress },
    again: values.again ?? false,
    dryRun: values.dryRun ?? false,
    strict: values.strict ?? false,
  }
}

/** Reads the words after `penstock import`. @throws {UsageError} */
export function readOptions(args: readonly string[], environment: Environment): ImportOptions {
  const command = importOptions(newCommand('import', ''))
  command.parse(args, { from: 'user' })
  return toImportOptions(command.args, command.opts(), environment)
}

/** The options of a parsed command as words, without files and without those named in `except`. */
export function optionsAlone(command: CommandUnknownOpts, except: readonly string[]): readonly string[] {
  return command.options.flatMap((option) => {
    const name = option.attributeName()
    if (command.getOptionValueSource(name) !== 'cli' || except.includes(name)) return []
    const values = [command.getOptionValue(name)].flat() as readonly (string | true)[]
    return values.flatMap((value) => (value === true ? [`--${option.name()}`] : [`--${option.name()}`, value]))
  })
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

function timeFormat(text: string): TimeFormat {
  const format = timeFormats.find((known) => known.toLowerCase() === text.toLowerCase())
  if (format === undefined) throw new InvalidArgumentError(`It must be one of ${timeFormats.join(', ')}.`)
  return format
}

function zone(name: string): string {
  try {
    openZone(name)
    return name
  } catch {
    throw new InvalidArgumentError('It must be the name of a time zone, such as Europe/Berlin.')
  }
}

function delimiter(text: string): string {
  const character = text === 'tab' ? '\t' : text
  if (character.length !== 1 || /["\r\n]/.test(character)) throw new InvalidArgumentError('It must be one character.')
  return character
}

function readTime(columns: readonly string[] = []): readonly string[] {
  if (columns.length > 2) throw new UsageError('--time takes one column, or two: of dates and of times of day')
  return columns
}
