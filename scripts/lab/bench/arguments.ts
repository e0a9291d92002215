// The command line of npm run bench.
import { parseArgs } from 'node:util'
import { UsageError } from '../../cli/usage-error.ts'

export interface Arguments {
  /** Empty for the default set. */
  readonly names: readonly string[]
  /** The file to which the rows are written as JSON. */
  readonly json: string | undefined
  /** Folder for CPU profiles of the functions. */
  readonly profiles: string | undefined
  readonly list: boolean
  readonly help: boolean
}

export const USAGE = `usage: npm run bench -- [NAME…] [--json FILE] [--profiles FOLDER] [--list] [--help]

  NAME…              only these, or a group of them (ingest, query, cold-start); without a name, all that are not heavy
  --json FILE        write the rows as JSON too
  --profiles FOLDER  have the functions leave CPU profiles there (their figures are lower then)
  --list             show the names`

/** Parses the arguments. @throws {UsageError} for an unknown argument. */
export function readArguments(args: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'string' },
        profiles: { type: 'string' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    return { names: positionals, json: values.json, profiles: values.profiles, list: values.list, help: values.help }
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0], { cause: error })
  }
}
