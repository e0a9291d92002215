import { text } from 'node:stream/consumers'
import type { Command } from '@commander-js/extra-typings'
import type { Client, QueryArrayResult } from 'pg'
import { addExamples } from '../cli/command.ts'
import { openPrompt, print, say } from '../cli/output.ts'
import { textTable } from '../cli/text-table.ts'
import { withAdminClient } from './admin-client.ts'

const PROMPT = 'penstock> '
const CONTINUED = '      ..> '

/** Describes `penstock sql`. */
export function describeCommand(sql: Command): void {
  sql.argument('[statements...]', 'SQL; without any it is read from stdin, or typed at a prompt').action(runStatements)
  addExamples(sql, 'penstock sql "select count(*) from stored_point"', 'penstock sql < query.sql', 'penstock sql')
}

async function runStatements(words: readonly string[]): Promise<void> {
  try {
    await withAdminClient(async (client) => {
      client.on('notice', (notice) => say(`${notice.severity}: ${notice.message}`))
      const statements = words.join(' ')
      if (statements === '' && process.stdin.isTTY) return await converse(client)
      await execute(client, statements || (await text(process.stdin)))
    })
  } catch (error) {
    say(described(error))
    process.exitCode = 1
  }
}

/** Runs statements as a person types them, each ended by a semicolon, until \q, exit or the end of input. */
async function converse(client: Client): Promise<void> {
  const terminal = openPrompt(PROMPT)
  let typed = ''
  terminal.prompt()
  for await (const line of terminal) {
    if (typed === '' && ['\\q', 'exit', 'quit'].includes(line.trim())) break
    typed += `${line}\n`
    if (typed.trim() === '') typed = ''
    if (typed.trimEnd().endsWith(';')) {
      await execute(client, typed).catch((error: unknown) => say(described(error)))
      typed = ''
    }
    terminal.setPrompt(typed === '' ? PROMPT : CONTINUED)
    terminal.prompt()
  }
  terminal.close()
}

async function execute(client: Client, statements: string): Promise<void> {
  const asText = { getTypeParser: () => String }
  const answer: unknown = await client.query({ text: statements, rowMode: 'array', types: asText })
  // A text with several statements has several results, which the driver's types do not express.
  for (const result of [answer].flat() as QueryArrayResult<(string | null)[]>[]) print(shown(result))
}

function shown(result: QueryArrayResult<(string | null)[]>): string {
  if (result.fields.length === 0)
    return [result.command, result.rowCount].filter((part) => part !== null).join(' ') || 'nothing'
  const names = result.fields.map((field) => field.name)
  return `${textTable(names, result.rows)}\n(${result.rows.length} ${result.rows.length === 1 ? 'row' : 'rows'})`
}

function described(error: unknown): string {
  const { severity, message, detail, hint } = error as {
    severity?: string
    message: string
    detail?: string
    hint?: string
  }
  const head = severity === undefined ? `sql: ${message}` : `${severity}: ${message}`
  return [head, detail && `DETAIL: ${detail}`, hint && `HINT: ${hint}`].filter(Boolean).join('\n')
}
