// The examples that slices declare: valid requests of their routes, and rows of their tables.
import { existsSync } from 'node:fs'
import type { ExampleRows, MakeExample, MakeRows } from '@penstock/shared/base/examples.ts'
import { declaredTables } from '../database/slice-data.ts'
import type { ServedSlice } from './deployments.ts'
import { sharedRows } from './shared-rows.ts'

type RouteExamples = Readonly<Record<string, readonly MakeExample[]>>

/** Valid requests of a slice or of its entry, by key of the route. @throws {Error} when its examples.ts has none. */
export async function examplesOf({ slice, entry }: ServedSlice): Promise<RouteExamples> {
  const name = entry === 'http' ? 'requests' : `${entry}Requests`
  const found = (await examplesFile(slice))[name]
  if (!found) throw new Error(`functions/${slice}/examples.ts exports no ${name}: add a valid request for each route`)
  return found as RouteExamples
}

/** Rows of every table for one tenant, by table: those of slices, and those of the rooms of shared/. */
export async function exampleRows(...world: Parameters<MakeRows>): Promise<ExampleRows> {
  const slices = [...new Set(declaredTables.flatMap(({ owner }) => /^functions\/(.*)$/.exec(owner)?.[1] ?? []))]
  const made = slices.map(
    async (slice) => ((await examplesFile(slice))['rows'] as MakeRows | undefined)?.(...world) ?? {},
  )
  return Object.assign({}, sharedRows(...world), ...(await Promise.all(made))) as ExampleRows
}

async function examplesFile(slice: string): Promise<Readonly<Record<string, unknown>>> {
  const file = new URL(`../../functions/${slice}/examples.ts`, import.meta.url)
  return existsSync(file) ? ((await import(file.href)) as Readonly<Record<string, unknown>>) : {}
}
