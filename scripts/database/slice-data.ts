// The privileges on tables that the data.ts of each slice declares.
import { existsSync, readdirSync } from 'node:fs'
import type { SliceData, TableGrants } from '@penstock/shared/base/slice-data.ts'

const functions = new URL('../../functions/', import.meta.url)
const withData = readdirSync(functions).filter((name) => existsSync(new URL(`${name}/data.ts`, functions)))

/** The declarations by the folder of the slice. A slice without tables has none. */
const sliceData: Readonly<Record<string, SliceData>> = Object.fromEntries(
  await Promise.all(
    withData.map(async (name) => {
      const { data } = (await import(`../../functions/${name}/data.ts`)) as { readonly data: SliceData }
      return [name, data] as const
    }),
  ),
)

/** Returns the privileges of a deployment on tables: a set of grants for each of its slices and entries (`slice` or `slice#entry`). */
export const grantsOf = (slices: readonly string[]): readonly TableGrants[] =>
  slices.flatMap((text) => {
    const [slice = '', entry] = text.split('#')
    const data = sliceData[slice]
    if (!data) return []
    return [data.grants, ...(entry === undefined ? [] : [data.entries?.[entry] ?? {}])]
  })
