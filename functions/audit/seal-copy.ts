// The copy of a seal in storage: it differs from the seal when the entries and the seal were changed together, and the bucket's retention policy protects it from changes.
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { canonicalJson, type HashedSeal, hashSeal, sealFields } from './canonical.ts'
import type { PartRow } from './seal-queries.ts'

export const nameOfCopy = (sealId: string): string => `audit-seals/${sealId}.json`

/** Returns the text of a copy: the seal as it is hashed, its hash, and its parts. The same seal has the same text. */
export function copyOf(seal: HashedSeal, parts: readonly PartRow[]): string {
  const fields = Object.entries(sealFields(seal)).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`,
  )
  const listed = parts.map(({ tenant, rows, root_sha256 }) =>
    canonicalJson({ tenant, rows: String(rows), root: root_sha256.toString('hex') }),
  )
  const hash = hashSeal(seal).toString('hex')
  return `{\n${fields.join('')}  "sha256": "${hash}",\n  "parts": [\n    ${listed.join(',\n    ')}\n  ]\n}\n`
}

/** Returns the hash that the copy of a seal contains; undefined when there is no copy. */
export async function hashInCopy(store: ArchiveStore, sealId: string): Promise<string | undefined> {
  const there = await store.stat(nameOfCopy(sealId))
  if (!there) return undefined
  const text = Buffer.from(await store.readRange(there, 0, there.size)).toString()
  const [, hash = ''] = /"sha256": "([0-9a-f]{64})"/.exec(text) ?? []
  return hash
}
