// Every route of every slice under the name that the API document, the clients and the tests use for it.
import { join } from 'node:path'
import type { DocumentedRoute, Routes } from '@penstock/shared/base/wire.ts'
import { sliceFolders } from '../deployments.ts'

export interface Operation {
  /** `<slice>.<key of the route>` */
  readonly id: string
  readonly slice: string
  /** `http`, or another entry of the slice. */
  readonly entry: string
  readonly route: DocumentedRoute
}

const ROOT = join(import.meta.dirname, '../../..')
/** Contracts export `routes`, and further ones under names that end so. */
const EXPORTED = /^(?:routes|\w+Routes)$/

/** Sorted by slice, in the order of the contracts. @throws {Error} when two routes of a slice have one key. */
export async function readOperations(): Promise<readonly Operation[]> {
  const operations: Operation[] = []
  for (const slice of sliceFolders(ROOT)) {
    const contract = (await import(`${ROOT}/functions/${slice}/contract.ts`)) as Readonly<Record<string, Routes>>
    for (const name of Object.keys(contract)
      .filter((one) => EXPORTED.test(one))
      .toSorted()) {
      for (const [key, route] of Object.entries(contract[name] ?? {})) {
        const id = `${slice}.${key}`
        if (operations.some((operation) => operation.id === id)) throw new Error(`two routes are called ${id}`)
        operations.push({ id, slice, entry: name === 'routes' ? 'http' : name.slice(0, -'Routes'.length), route })
      }
    }
  }
  return operations
}
