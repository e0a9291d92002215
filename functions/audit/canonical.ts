// The hashes of entries, parts and seals. Everything that is hashed is JSON in its canonical form (RFC 8785): an object with its keys in order,
// whose values are texts or null. Any program can compute the hashes again.
import { createHash, type Hash } from 'node:crypto'
import type { SealedEntry } from './seal-queries.ts'

/** Returns the canonical JSON of an object of texts. */
export const canonicalJson = (fields: Readonly<Record<string, string | null>>): string =>
  JSON.stringify(fields, Object.keys(fields).toSorted())

const sha256 = (text: string | Buffer): Buffer => createHash('sha256').update(text).digest()

/** The running hash of a part: of its entries in order of their ids, each followed by a line feed. */
export interface PartHash {
  readonly tenant: string | null
  readonly hash: Hash
  rows: number
  firstAt: string
  lastAt: string
}

export const beginPart = (tenant: string | null): PartHash => ({
  tenant,
  hash: createHash('sha256'),
  rows: 0,
  firstAt: '',
  lastAt: '',
})

/** Adds the part's next entry. */
export function addEntry(part: PartHash, entry: SealedEntry): void {
  part.hash.update(`${canonicalJson({ ...entry })}\n`)
  part.rows++
  if (part.firstAt === '' || entry.at < part.firstAt) part.firstAt = entry.at
  if (entry.at > part.lastAt) part.lastAt = entry.at
}

/** Returns the hash of a part, which its seal contains. */
export const hashPart = (sealId: string, tenant: string | null, rows: number, root: Buffer): Buffer =>
  sha256(canonicalJson({ seal: sealId, tenant, rows: String(rows), root: root.toString('hex') }))

/** Returns the root of a seal: the hash of the hashes of its parts. */
export const rootOf = (partHashes: Buffer): Buffer => sha256(partHashes)

/** The columns of a seal, with its instants as texts. */
export interface HashedSeal {
  readonly id: string
  readonly era: number
  readonly from_xid: string
  readonly to_xid: string
  readonly rows: number
  readonly first_at: string
  readonly last_at: string
  readonly root_sha256: Buffer
  readonly previous_sha256: Buffer | null
  readonly sealed_at: string
}

/** Returns a seal as texts: what is hashed, and what its copy in storage begins with. */
export const sealFields = (seal: HashedSeal): Readonly<Record<string, string | null>> => ({
  era: String(seal.era),
  first_at: seal.first_at,
  from_xid: seal.from_xid,
  id: seal.id,
  last_at: seal.last_at,
  previous: seal.previous_sha256?.toString('hex') ?? null,
  root: seal.root_sha256.toString('hex'),
  rows: String(seal.rows),
  sealed_at: seal.sealed_at,
  to_xid: seal.to_xid,
})

/** Returns the hash of a seal, which the next one contains. */
export const hashSeal = (seal: HashedSeal): Buffer => sha256(canonicalJson(sealFields(seal)))
