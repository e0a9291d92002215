// The files of a new slice: one route that stores a text, and one table. They are an example to change, and complete as they are.
import { readdirSync, readFileSync } from 'node:fs'

/** The spellings of a slice's name. */
interface Names {
  /** The folder, the path and the scopes: `night-watch`. */
  readonly name: string
  /** The table: `night_watch`. */
  readonly table: string
  /** The types: `NightWatch`. */
  readonly type: string
  /** The number and title of the migration: `0071-night-watch`. */
  readonly migration: string
}

const templates = new URL('template/', import.meta.url)

/** The spellings of a name in lower case with hyphens. */
export function namesOf(name: string, number: number): Names {
  const type = name.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())
  return { name, type, table: name.replaceAll('-', '_'), migration: `${String(number).padStart(4, '0')}-${name}` }
}

/** The content of each file, by its path from the root: the templates with the names in the place of SLICE, TABLE and TYPE. */
export function sliceFiles({ name, table, type, migration }: Names): ReadonlyMap<string, string> {
  const written = readdirSync(templates).map((template) => {
    const file = template.replace(/\.txt$/, '')
    const text = readFileSync(new URL(template, templates), 'utf8')
    const path = file === 'migration.sql' ? `migrations/${migration}.sql` : `functions/${name}/${file}`
    return [path, text.replaceAll('SLICE', name).replaceAll('TABLE', table).replaceAll('TYPE', type)] as const
  })
  return new Map(written)
}
