// Chooses the attributes of a resource that become labels: all, unless one cannot be stored or together they are too long.

import { unstorable } from '@penstock/shared/base/wire.ts'
import { MAX_LABEL_BYTES } from '@penstock/shared/points/labels.ts'
import { TYPE } from './otlp/labels.ts'

type Values = ReadonlyMap<string, unknown>

export interface Fitting<V extends Values> {
  readonly kept: V
  /** Names of the attributes that were left out, unordered. */
  readonly leftOut: readonly string[]
}

/** Maximum bytes of a resource's attributes together; the rest is for those of its data points. */
export const MAX_RESOURCE_BYTES = 3_072

/**
 * Returns the values that fit together with `others` into `max` bytes of labels. The longest are left out first, so that one command line
 * does not displace short names. A value that cannot be stored is always left out; names in `ignored` cost nothing.
 *
 * A label and the one with its type are included or left out together, because 1 and "1" would otherwise be the same value.
 */
export function fitLabels<T>(
  values: ReadonlyMap<string, T>,
  others: Values,
  { ignored, max = MAX_LABEL_BYTES }: { readonly ignored: readonly string[]; readonly max?: number },
): Fitting<ReadonlyMap<string, T>> {
  const sizeOf = (key: string, value: unknown): number => (ignored.includes(key) ? 0 : bytesOf(key, value))
  const ownerOf = (key: string): string => {
    const named = key.startsWith(TYPE) ? key.slice(TYPE.length) : key
    return values.has(named) ? named : key
  }
  const leftOut = new Set([...values].flatMap(([key, value]) => (isStorable(key, value) ? [] : [ownerOf(key)])))
  const sizes = new Map<string, number>()
  for (const [key, value] of values) {
    const owner = ownerOf(key)
    if (!leftOut.has(owner) && !others.has(key)) sizes.set(owner, (sizes.get(owner) ?? 0) + sizeOf(key, value))
  }
  const sized = [...sizes].map(([key, size]) => ({ key, size }))
  let total = 1
  for (const { size } of sized) total += size
  for (const [key, value] of others) total += sizeOf(key, value)
  if (total > max) sized.sort((a, b) => b.size - a.size || (a.key < b.key ? -1 : 1))
  for (const { key, size } of sized) {
    if (total <= max) break
    leftOut.add(key)
    total -= size
  }
  if (leftOut.size === 0) return { kept: values, leftOut: [] }
  return { kept: new Map([...values].filter(([key]) => !leftOut.has(ownerOf(key)))), leftOut: [...leftOut] }
}

/** Returns the bytes of a label in canonical form, with a comma or the closing brace. */
const bytesOf = (key: string, value: unknown): number =>
  Buffer.byteLength(JSON.stringify(key)) + Buffer.byteLength(JSON.stringify(value)) + 2

const isStorable = (key: string, value: unknown): boolean =>
  unstorable(key) === undefined && (typeof value !== 'string' || unstorable(value) === undefined)
