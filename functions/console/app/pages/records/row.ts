// Rows of resources as the page asks for them, sends them and shows them.
import { call } from '../../api/suite.ts'
import { operationOf, type Resource } from './resources.ts'
import type { FieldOf } from './schema.ts'

export type RecordRow = Readonly<Record<string, unknown>>
export type RecordQuery = Readonly<Record<string, string | number>>

/** A call of an operation whose name is known only when the page runs, so its types are not known either. */
type AnyCall = (name: string, request: object, options?: object) => Promise<unknown>
const callAny = call as unknown as AnyCall

export const MOST_ROWS = 100

/** Reads the rows of a resource. */
export async function listRows(
  resource: Resource,
  query: RecordQuery,
  signal: AbortSignal,
): Promise<readonly RecordRow[]> {
  const answer = await callAny(operationOf(resource, 'List'), { query: { ...query, limit: MOST_ROWS } }, { signal })
  const rows = Array.isArray(answer) ? answer : (answer as { readonly items?: unknown }).items
  return Array.isArray(rows) ? (rows as readonly RecordRow[]) : []
}

export const createRow = async (resource: Resource, query: RecordQuery, body: RecordRow): Promise<unknown> =>
  await callAny(operationOf(resource, 'Create'), { query, body })

export const changeRow = async (
  resource: Resource,
  query: RecordQuery,
  id: string,
  body: RecordRow,
): Promise<unknown> =>
  await callAny(operationOf(resource, 'Patch'), { path: { [resource.parameter]: id }, query, body })

export const removeRow = async (resource: Resource, query: RecordQuery, id: string): Promise<unknown> =>
  await callAny(operationOf(resource, 'Remove'), { path: { [resource.parameter]: id }, query })

/** The identifier of a row. */
export const idOf = (row: RecordRow): string => textOf(row['id'])

/** A value as a text in a cell or a field. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean)
}

/** The texts that the reader has typed, by field. */
export type Typed = Readonly<Record<string, string>>

/**
 * Returns the body of what was typed; a field that is empty is left out.
 * @throws {Error} for JSON that is not valid, with the name of its field.
 */
export function rowOf(fields: readonly FieldOf[], typed: Typed): RecordRow {
  const given = fields.filter(({ name }) => (typed[name] ?? '').trim() !== '')
  return Object.fromEntries(given.map((field) => [field.name, valueOf(field, typed[field.name] ?? '')]))
}

function valueOf({ name, kind }: FieldOf, text: string): unknown {
  if (kind === 'number') return Number(text)
  if (kind === 'flag') return text === 'true'
  if (kind !== 'json') return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new Error(`${name} must be JSON, such as ["a"] or {"a": 1}.`)
  }
}
