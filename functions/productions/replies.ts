// The handlers of all routes: those of the resources with their rules, the catalogue and the bulk reads.
import type { Handlers } from '@penstock/shared/http/service.ts'
import type { Definition } from '@penstock/shared/resource/definition.ts'
import { type ResourceDeps, resourceHandlers } from '@penstock/shared/resource/resource-handlers.ts'
import { content, initial } from './bulk.ts'
import { brands, catalogued, categories, item, items } from './catalogue.ts'
import { gear, notes, projects, type routes, shots, tasks } from './contract.ts'
import { itemSpecs, unlinkGear, unlinkNotes } from './queries.ts'
import { checkGear, checkNote, checkShot } from './rules.ts'

/** Returns the handler of each route. */
export function handlersOf(deps: ResourceDeps): Handlers<typeof routes> {
  const { db } = deps
  const children = [shots, notes, tasks] as unknown as readonly Definition[]
  return {
    ...resourceHandlers(deps, projects, { children }),
    ...resourceHandlers(deps, shots, {
      check: checkShot,
      unlink: async (tx, shot) => await unlinkNotes(tx, 'shot_id', shot),
    }),
    ...resourceHandlers(deps, notes, { check: checkNote }),
    ...resourceHandlers(deps, tasks, { unlink: async (tx, task) => await unlinkNotes(tx, 'task_id', task) }),
    ...resourceHandlers(deps, gear, { check: checkGear, unlink: unlinkGear, also: { specs: itemSpecs } }),
    categories: async (call) => await categories(db, call),
    brands: async (call) => await brands(db, call),
    items: async (call) => await items(db, call),
    item: async (call) => catalogued(await item(db, call)),
    itemSpecs: async (call) => catalogued((await item(db, call)).specs),
    initial: async (call) => ({ text: await initial(db, call, call.query.project_id) }),
    content: async (call) => ({ text: await content(db, call, call.params['id'] ?? '') }),
  }
}
