// A dump of a database as SQL: the schema from the catalogue, and every row by COPY, from one snapshot. It does not contain roles and grants.
import type { Client } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { readSchema, type SchemaStatements } from '../../database/schema-description.ts'

const HEADER = `--
-- PostgreSQL database dump
--

set statement_timeout = 0;
set client_encoding = 'UTF8';
set standard_conforming_strings = on;
set check_function_bodies = off;
set row_security = off;
`
const FOOTER = `--
-- PostgreSQL database dump complete
--
`

/** A foreign key within \`create table\`, which is made after the rows: tables may refer to each other in any order. */
const FOREIGN_KEY = /,\n {2}constraint (\S+) (FOREIGN KEY [^\n]*?)(?=,\n|\n\))/g

/** Yields the pieces of a dump. The client must be a superuser, and does nothing else in the meantime. */
export async function* dumpDatabase(client: Client): AsyncGenerator<string | Buffer> {
  await client.query('begin isolation level repeatable read read only')
  try {
    const schema = await readSchema(client)
    yield HEADER
    yield* lines(schema.tables.map((text) => text.replaceAll(FOREIGN_KEY, '')))
    yield* lines(await texts(client, PARTITIONS))
    yield* lines([...inOrder(schema.functions), ...schema.views])
    for (const table of await texts(client, STORED)) yield* rowsOf(client, table)
    yield* lines(await texts(client, SEQUENCES))
    yield* lines([...schema.indexes, ...foreignKeys(schema), ...schema.policies, ...schema.triggers])
    yield FOOTER
  } finally {
    await client.query('rollback')
  }
}

function* lines(statements: readonly string[]): Generator<string> {
  for (const text of statements) yield `\n${text}\n`
}

/** Functions after those that they call: a body of the SQL standard is resolved when it is made. */
function inOrder(functions: readonly string[]): readonly string[] {
  const nameOf = (text: string): string => /^CREATE OR REPLACE \w+ (?:\w+\.)?(\w+)\(/.exec(text)?.[1] ?? ''
  const waiting = new Map(functions.map((text) => [nameOf(text), text]))
  const ordered: string[] = []
  while (waiting.size > 0) {
    const isFree = (text: string, own: string): boolean =>
      [...waiting.keys()].every((name) => name === own || !new RegExp(`\\b${name}\\(`).test(text))
    const free = [...waiting].filter(([name, text]) => isFree(text, name))
    for (const [name, text] of free.length > 0 ? free : [...waiting]) {
      ordered.push(text)
      waiting.delete(name)
    }
  }
  return ordered
}

function foreignKeys({ tables }: SchemaStatements): readonly string[] {
  return tables.flatMap((text) => {
    const [, table = ''] = /^create table (\S+) \(/.exec(text) ?? []
    return [...text.matchAll(FOREIGN_KEY)].map(
      ([, name = '', definition = '']) => `alter table ${table} add constraint ${name} ${definition};`,
    )
  })
}

async function* rowsOf(client: Client, place: string): AsyncGenerator<string | Buffer> {
  yield `\ncopy ${place} from stdin;\n`
  const stream = client.query(copyTo(`copy ${place} to stdout`))
  for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk
  yield '\\.\n'
}

async function texts(client: Client, query: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ text: string }>(query)
  return rows.map(({ text }) => text)
}

const PARTITIONS = `
  select format('create table %I partition of %s %s;', c.relname, i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid)) as text
  from pg_class c join pg_inherits i on i.inhrelid = c.oid
  where c.relnamespace = 'public'::regnamespace and c.relispartition and c.relkind = 'r' order by c.relname`

/** Tables with rows of their own, with the columns that can be written. */
const STORED = `
  select format('%I (%s)', c.relname, string_agg(quote_ident(a.attname), ', ' order by a.attnum)) as text
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' group by c.relname order by c.relname`

/** The sequences of identity columns continue with their next value. */
const SEQUENCES = `
  select format('select setval(pg_get_serial_sequence(%L, %L), %s, %L);', c.relname, a.attname,
    coalesce(s.last_value, s.start_value), s.last_value is not null) as text
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attidentity <> '' and not a.attisdropped
    join pg_sequences s on format('%I.%I', s.schemaname, s.sequencename) = pg_get_serial_sequence(quote_ident(c.relname), a.attname)
  where c.relnamespace = 'public'::regnamespace and not c.relispartition order by c.relname`
