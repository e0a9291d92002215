// Computes the hashes of the log again and compares them with its seals.
import { toWire } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { addEntry, beginPart, hashPart, hashSeal, type PartHash, rootOf } from './canonical.ts'
import type { Broken, VerifyAnswer, VerifyQuery } from './contract.ts'
import type { AuditDeps } from './deps.ts'
import { becomeAuditor } from './queries.ts'
import { hashInCopy } from './seal-copy.ts'
import {
  countFrom,
  type PartRow,
  type Position,
  type SealedEntry,
  type SealRow,
  selectKeptFrom,
  selectLastSeal,
  selectParts,
  selectSealed,
  selectSeals,
} from './seal-queries.ts'

type Tx = Transaction<Database>

/** The tenant whose entries are verified; null for the entries of every tenant. */
type Whose = number | null

interface Checked {
  readonly seals: number
  readonly entries: number
  readonly broken: Broken | undefined
  /** The last seal that was checked. */
  readonly last: SealRow | undefined
}

/**
 * Verifies seals in their order, until the first that is broken or the time limit. A tenant's verification covers its own entries, that its
 * parts are in the seals, and that the seals follow one another; an operator's covers every entry.
 */
export async function verify(deps: AuditDeps, whose: Whose, { from = 1, to }: VerifyQuery): Promise<VerifyAnswer> {
  const deadline = deps.now() + deps.limits.runMs
  let [seals, entries] = [0, 0]
  let broken: Broken | undefined
  let last = await inSnapshot(deps, whose, async (tx) => await sealBefore(tx, from))
  let next = String(from)
  for (;;) {
    if (deps.now() >= deadline)
      return { ...(await ending(deps, whose, undefined)), seals, entries, more: true, next: Number(next) }
    const before = last
    const checked = await inSnapshot(
      deps,
      whose,
      async (tx) =>
        await checkGroup(tx, {
          whose,
          before,
          from: next,
          to: to === undefined ? undefined : String(to),
          limits: deps.limits,
        }),
    )
    seals += checked.seals
    entries += checked.entries
    broken = checked.broken
    if (broken || !checked.last) break
    last = checked.last
    next = String(BigInt(last.id) + 1n)
  }
  const copied = broken || to !== undefined ? undefined : await checkCopy(deps, last)
  broken ??= copied?.broken
  return { ...(await ending(deps, whose, broken)), seals, entries, copies: copied?.compared ?? false }
}

/** Runs a reading transaction whose statements see one snapshot: the tenant's own, or as the role that sees all. */
async function inSnapshot<T>({ db }: AuditDeps, whose: Whose, work: (tx: Tx) => Promise<T>): Promise<T> {
  if (whose !== null) return await db.read(whose, work, { oneSnapshot: true })
  const asAuditor = async (tx: Tx): Promise<T> => {
    await becomeAuditor(tx)
    return await work(tx)
  }
  return await db.readAll(asAuditor, { oneSnapshot: true })
}

async function sealBefore(tx: Tx, from: number): Promise<SealRow | undefined> {
  const before = String(from - 1)
  return (await selectSeals(tx, { from: before, to: before, limit: 1 }))[0]
}

async function ending(
  deps: AuditDeps,
  whose: Whose,
  broken: Broken | undefined,
): Promise<Omit<VerifyAnswer, 'seals' | 'entries'>> {
  const unsealed = await inSnapshot(deps, whose, async (tx) => {
    const last = await selectLastSeal(tx)
    return await countFrom(tx, last ? { era: last.era, xid: last.to_xid } : { era: 0, xid: '0' })
  })
  return {
    ok: broken === undefined,
    unsealed: unsealed.count,
    unsealed_since: unsealed.oldest === null ? null : toWire(unsealed.oldest),
    first_broken: broken ?? null,
    copies: false,
    more: false,
    next: null,
  }
}

interface Group {
  readonly whose: Whose
  readonly before: SealRow | undefined
  readonly from: string
  readonly to: string | undefined
  readonly limits: AuditDeps['limits']
}

/** Checks the next seals, as many as have few enough entries. */
async function checkGroup(tx: Tx, { whose, before, from, to, limits }: Group): Promise<Checked> {
  const seals = limited(await selectSeals(tx, { from, to, limit: limits.seals }), limits.groupEntries)
  const [first, newest] = [seals[0], seals.at(-1)]
  if (!first || !newest) return { seals: 0, entries: 0, broken: undefined, last: undefined }
  const keptFrom = await selectKeptFrom(tx)
  const parts = partsBySeal(await selectParts(tx, first.id, newest.id))
  const found = await hashEntries(tx, seals, limits.pageEntries)
  let [checked, entries] = [0, 0]
  let previous = before
  for (const seal of seals) {
    const hashed = found.get(seal.id) ?? new Map<string | null, PartHash>()
    const isKept = seal.last_at >= keptFrom
    const own = parts.get(seal.id) ?? []
    const why =
      chainFault(seal, previous) ??
      partFault(seal, own, whose) ??
      (isKept ? entryFault(seal, own, hashed, whose) : undefined)
    if (why) return { seals: checked, entries, broken: { seal: Number(seal.id), ...why }, last: seal }
    checked++
    for (const { rows } of hashed.values()) entries += isKept ? rows : 0
    previous = seal
  }
  return { seals: checked, entries, broken: undefined, last: newest }
}

/** The seals from the beginning that have at most this many entries together, and at least one. */
function limited(seals: readonly SealRow[], most: number): readonly SealRow[] {
  let entries = 0
  const end = seals.findIndex(({ rows }, i) => (entries += rows) > most && i > 0)
  return end === -1 ? seals : seals.slice(0, end)
}

function partsBySeal(parts: readonly PartRow[]): ReadonlyMap<string, readonly PartRow[]> {
  return Map.groupBy(parts, ({ seal_id }) => seal_id)
}

/** Hashes the entries of consecutive seals, by seal and tenant. */
async function hashEntries(
  tx: Tx,
  seals: readonly SealRow[],
  pageEntries: number,
): Promise<ReadonlyMap<string, ReadonlyMap<string | null, PartHash>>> {
  const [first, newest] = [seals[0] as SealRow, seals.at(-1) as SealRow]
  const range = { from: { era: first.era, xid: first.from_xid }, to: { era: newest.era, xid: newest.to_xid } }
  const found = new Map<string, Map<string | null, PartHash>>()
  for (let after = { tenant: '-1', id: '-1' }; ; ) {
    const page = await selectSealed(tx, range, after, pageEntries)
    for (const entry of page) {
      const id = sealOf(seals, entry)
      if (id === undefined) continue
      const parts = found.get(id) ?? new Map<string | null, PartHash>()
      found.set(id, parts)
      const part = parts.get(entry.tenant) ?? beginPart(entry.tenant)
      parts.set(entry.tenant, part)
      addEntry(part, entry)
    }
    const last = page.at(-1)
    if (!last || page.length < pageEntries) return found
    after = { tenant: last.tenant ?? '-1', id: last.id }
  }
}

/** Returns the seal in whose range an entry lies; undefined when that seal is missing. */
function sealOf(seals: readonly SealRow[], { era, xid }: SealedEntry): string | undefined {
  const at: Position = { era: Number(era), xid }
  let [low, high] = [0, seals.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const seal = seals[middle] as SealRow
    if (isBefore(at, { era: seal.era, xid: seal.from_xid })) high = middle - 1
    else low = middle
  }
  const seal = seals[low] as SealRow
  return isBefore(at, { era: seal.era, xid: seal.to_xid }) ? seal.id : undefined
}

const isBefore = (a: Position, b: Position): boolean =>
  a.era === b.era ? BigInt(a.xid) < BigInt(b.xid) : a.era < b.era

type Fault = Omit<Broken, 'seal'>

const fault = (
  detail: string,
  expected: Buffer | string | null = null,
  found: Buffer | string | null = null,
): Fault => ({
  expected: hex(expected),
  found: hex(found),
  detail,
})

const hex = (value: Buffer | string | null): string | null => (Buffer.isBuffer(value) ? value.toString('hex') : value)

/** Seals follow one another without a gap, and each contains the hash of the one before. */
function chainFault(seal: SealRow, before: SealRow | undefined): Fault | undefined {
  if (!before) return undefined
  const expected = hashSeal(before)
  if (BigInt(seal.id) !== BigInt(before.id) + 1n)
    return fault('The seal before it is missing.', String(BigInt(before.id) + 1n), seal.id)
  if (!seal.previous_sha256?.equals(expected))
    return fault('The seal before it was changed, or this one was.', seal.previous_sha256, expected)
  if (seal.era === before.era && seal.from_xid !== before.to_xid)
    return fault('It does not begin where the seal before it ends.', before.to_xid, seal.from_xid)
  return undefined
}

/** The parts of a seal, or a tenant's part of it, have the hashes that it contains. */
function partFault(seal: SealRow, parts: readonly PartRow[], whose: Whose): Fault | undefined {
  const root = rootOf(seal.parts)
  if (!root.equals(seal.root_sha256)) return fault('The hashes of its parts were changed.', seal.root_sha256, root)
  const hashes = parts.map(({ tenant, rows, root_sha256 }) => hashPart(seal.id, tenant, rows, root_sha256))
  if (whose !== null) {
    const contained = new Set(piecesOf(seal.parts))
    const strange = hashes.find((hash) => !contained.has(hash.toString('hex')))
    return strange && fault("The seal does not contain the tenant's part.", null, strange)
  }
  const all = Buffer.concat(hashes)
  if (!all.equals(seal.parts)) return fault('Its parts were changed.', seal.root_sha256, rootOf(all))
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  return rows === seal.rows ? undefined : fault('Its number of entries was changed.', String(seal.rows), String(rows))
}

const piecesOf = (parts: Buffer): readonly string[] =>
  Array.from({ length: parts.length / 32 }, (_, i) => parts.subarray(i * 32, (i + 1) * 32).toString('hex'))

/** The entries of each part have the part's hash. */
function entryFault(
  seal: SealRow,
  parts: readonly PartRow[],
  hashed: ReadonlyMap<string | null, PartHash>,
  whose: Whose,
): Fault | undefined {
  for (const { tenant, rows, root_sha256 } of parts) {
    const found = hashed.get(tenant)
    if (found?.rows !== rows)
      return fault('Entries were deleted from it, or added to it.', String(rows), String(found?.rows ?? 0))
    // A copy, because a hash can be taken once.
    const root = found.hash.copy().digest()
    if (!root.equals(root_sha256)) return fault('An entry was changed.', root_sha256, root)
  }
  const known = new Set(parts.map(({ tenant }) => tenant))
  for (const [tenant, { rows }] of hashed)
    if (!known.has(tenant)) return fault('Entries were added to it.', '0', String(rows))
  if (whose !== null) return undefined
  const all = [...hashed.values()]
  const firstAt = all.reduce((first, part) => (part.firstAt < first ? part.firstAt : first), all[0]?.firstAt ?? '')
  const lastAt = all.reduce((last, part) => (part.lastAt > last ? part.lastAt : last), '')
  return firstAt === seal.first_at && lastAt === seal.last_at
    ? undefined
    : fault('Its span of time was changed.', `${seal.first_at} ${seal.last_at}`, `${firstAt} ${lastAt}`)
}

/** Compares the newest seal, which contains all earlier ones, with its copy in storage, and looks for a copy of a seal that is gone. */
async function checkCopy(
  { store }: AuditDeps,
  last: SealRow | undefined,
): Promise<{ readonly compared: boolean; readonly broken?: Broken }> {
  const next = last ? BigInt(last.id) + 1n : 1n
  const gone = await hashInCopy(store, String(next))
  if (gone !== undefined)
    return {
      compared: true,
      broken: { seal: Number(next), ...fault('The seal was deleted: storage has a copy of it.', gone) },
    }
  const kept = last && (await hashInCopy(store, last.id))
  if (!last || kept === undefined) return { compared: false }
  const found = hashSeal(last).toString('hex')
  if (kept === found) return { compared: true }
  return {
    compared: true,
    broken: { seal: Number(last.id), ...fault('It differs from its copy in storage.', kept, found) },
  }
}
