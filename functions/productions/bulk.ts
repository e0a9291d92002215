// Everything that a client shows of a project, read in one round trip.
import { invalid, Problem } from '@penstock/shared/base/problem.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { Definition } from '@penstock/shared/resource/definition.ts'
import { type ActingCall, missing, ownScope, scopeIn } from '@penstock/shared/resource/resource-call.ts'
import { arrayOf } from '@penstock/shared/resource/resource-pages.ts'
import type { RowScope } from '@penstock/shared/resource/resource-scope.ts'
import { gear, notes, ofProject, projects, shots, tasks } from './contract.ts'
import { type Arrays, itemSpecs, selectArrays } from './queries.ts'

/** The most rows of each kind; the lists have the others. */
const MAX_ROWS = 1_000

const rowsOf = (resource: unknown, scope: RowScope, also = {}) =>
  arrayOf(resource as Definition, also, { scope, limit: MAX_ROWS })

const contentOf = (scope: RowScope) => ({
  shots: rowsOf(shots, scope),
  notes: rowsOf(notes, scope),
  tasks: rowsOf(tasks, scope),
})

/** Returns a project's shots, notes and tasks as JSON. @throws {Problem} 404 for a project that the owner does not have. */
export async function content(db: PenstockDatabase, call: ActingCall, id: string): Promise<string> {
  const scope = scopeIn(ofProject, call, id)
  return await select(db, scope, contentOf(scope))
}

/** Returns the owner's projects and gear as JSON, with the content of one project if it is named. @throws {Problem} like `content`. */
export async function initial(db: PenstockDatabase, call: ActingCall, project: string | undefined): Promise<string> {
  const all = ownScope(call)
  const scope = project === undefined ? all : scopeIn(ofProject, call, project)
  const start = { projects: rowsOf(projects, all), inventory: rowsOf(gear, all, { specs: itemSpecs }) }
  return await select(db, scope, { ...start, ...(project === undefined ? {} : contentOf(scope)) })
}

async function select(db: PenstockDatabase, scope: RowScope, arrays: Arrays<string>): Promise<string> {
  const { there, ...found } = await db.read(scope.tenantId, (tx) => selectArrays(tx, scope, scope.parentId, arrays))
  if (!there) throw missing(projects)
  const tooLong = Object.keys(found).find((name) => found[name] === null)
  if (tooLong !== undefined)
    throw new Problem(invalid, `The ${tooLong} are too long for one answer. Read them in pages from their own list.`)
  return `{${Object.entries(found)
    .map(([name, array]) => `"${name}":${array}`)
    .join(',')}}`
}
