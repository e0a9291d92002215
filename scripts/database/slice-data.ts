// The tables that slices and the rooms of shared/ declare in their data.ts: who owns which, and who may do what with them.
import { existsSync, readdirSync } from 'node:fs'
import type { OwnedTable, SliceData, TableGrants } from '@penstock/shared/base/slice-data.ts'

/** A table with its owner: the folder of a slice or of a room. */
export interface DeclaredTable extends OwnedTable {
  readonly name: string
  readonly owner: string
}

const root = new URL('../../', import.meta.url)

/** The names of the folders in `parent` that have this file. */
const foldersWith = (parent: string, file: string): readonly string[] =>
  readdirSync(new URL(`${parent}/`, root))
    .filter((name) => existsSync(new URL(`${parent}/${name}/${file}`, root)))
    .toSorted()

const importFrom = async (path: string): Promise<Readonly<Record<string, unknown>>> =>
  (await import(new URL(path, root).href)) as Readonly<Record<string, unknown>>

/** The declarations by the folder of the slice. A slice without tables has no declaration. */
const sliceData: Readonly<Record<string, SliceData>> = Object.fromEntries(
  await Promise.all(
    foldersWith('functions', 'data.ts').map(async (name) => {
      const { data } = await importFrom(`functions/${name}/data.ts`)
      return [name, data as SliceData] as const
    }),
  ),
)

const roomTables = await Promise.all(
  foldersWith('shared', 'data.ts').map(async (room) => {
    const [tables] = Object.values(await importFrom(`shared/${room}/data.ts`))
    return declare(`shared/${room}`, tables as Readonly<Record<string, OwnedTable>>)
  }),
)

/** Every table of the database, by name. @throws {Error} when two owners declare one table. */
export const declaredTables: readonly DeclaredTable[] = onceEach([
  ...roomTables.flat(),
  ...Object.entries(sliceData).flatMap(([slice, { owns = {} }]) => declare(`functions/${slice}`, owns)),
])

const agedGrants: TableGrants = Object.fromEntries(
  declaredTables.filter(({ ages }) => ages).map(({ name }) => [name, { select: true, delete: true }]),
)

/** Nobody needs to read what could prove a credential in order to compare tables. */
const everyGrant: TableGrants = Object.fromEntries(
  declaredTables.filter(({ secret }) => !secret).map(({ name }) => [name, { select: true }]),
)

/** Returns the privileges of a deployment on tables: sets of grants for each of its slices and entries (`slice` or `slice#entry`). */
export const grantsOf = (slices: readonly string[]): readonly TableGrants[] =>
  slices.flatMap((text) => {
    const [slice = '', entry] = text.split('#')
    const data = sliceData[slice]
    if (!data) return []
    const own = Object.entries(data.owns ?? {}).map(([table, { grants }]) => [table, grants] as const)
    return [
      Object.fromEntries(own),
      data.uses,
      ...(data.deletesAged ? [agedGrants] : []),
      ...(data.readsEvery ? [everyGrant] : []),
      ...(entry === undefined ? [] : [data.entries?.[entry] ?? {}]),
    ]
  })

function declare(owner: string, tables: Readonly<Record<string, OwnedTable>>): readonly DeclaredTable[] {
  return Object.entries(tables).map(([name, table]) => ({ ...table, name, owner }))
}

function onceEach(tables: readonly DeclaredTable[]): readonly DeclaredTable[] {
  const owners = new Map<string, string>()
  for (const { name, owner } of tables) {
    const other = owners.get(name)
    if (other !== undefined)
      throw new Error(`${other}/data.ts and ${owner}/data.ts both own ${name}: remove it from one`)
    owners.set(name, owner)
  }
  return tables.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
