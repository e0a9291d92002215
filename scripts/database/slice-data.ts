// What each slice may do with tables, as the slices' data.ts have it.
import { existsSync, readdirSync } from 'node:fs'
import type { SliceData, TableGrants } from '@penstock/shared/base/slice-data.ts'

const functions = new URL('../../functions/', import.meta.url)
const withData = readdirSync(functions).filter((name) => existsSync(new URL(`${name}/data.ts`, functions)))

/** By the folder of the slice; one without tables is not there. */
const sliceData: Readonly<Record<string, SliceData>> = Object.fromEntries(
  await Promise.all(
    withData.map(async (name) => {
      const { data } = (await import(`../../functions/${name}/data.ts`)) as { readonly data: SliceData }
      return [name, data] as const
    }),
  ),
)

/** What a deployment may do with tables, a set of grants for each of its slices and entries (`slice` or `slice#entry`). */
export const grantsOf = (slices: readonly string[]): readonly TableGrants[] =>
  slices.flatMap((text) => {
    const [slice = '', entry] = text.split('#')
    const data = sliceData[slice]
    if (!data) return []
    return [data.grants, ...(entry === undefined ? [] : [data.entries?.[entry] ?? {}])]
  })
