// Seals new entries, and copies seals to storage.
import { logger } from '@penstock/shared/base/logger.ts'
import type { JobCall } from '@penstock/shared/jobs/job-run.ts'
import { runJob } from '@penstock/shared/jobs/scheduled.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { addEntry, beginPart, hashPart, hashSeal, type PartHash, rootOf } from './canonical.ts'
import type { SealAnswer } from './contract.ts'
import type { AuditDeps } from './deps.ts'
import { becomeAuditor } from './queries.ts'
import { copyOf, nameOfCopy } from './seal-copy.ts'
import {
  insertCopy,
  insertSeal,
  type Place,
  type Position,
  type Range,
  type SealRow,
  selectFirst,
  selectGate,
  selectLastSeal,
  selectNewest,
  selectNth,
  selectParts,
  selectSealed,
  selectUncopied,
} from './seal-queries.ts'

type Tx = Transaction<Database>

/** Before every position, and before every entry of a page. */
const BEGINNING: Position = { era: 0, xid: '0' }
const FIRST_PLACE: Place = { tenant: '-1', id: '-1' }

/**
 * Seals everything that no open transaction can still add to, and copies the seals to storage. A transaction that stays open holds sealing
 * back; a verification shows how many entries wait. Safe to repeat and to interrupt; concurrent runs do the work once.
 * @throws {Problem} 503 when another run outlasts the call's waiting time, or the database is not available.
 */
export async function seal(deps: AuditDeps, call: Omit<JobCall, 'job'>): Promise<SealAnswer> {
  return await runJob(
    deps,
    { job: 'audit', ...call },
    { work: async (renew) => await sealAll(deps, renew), toLog: (it) => it },
  )
}

async function sealAll(deps: AuditDeps, renew: () => Promise<void>): Promise<SealAnswer> {
  const deadline = deps.now() + deps.limits.runMs
  let [sealed, entries, more] = [0, 0, false]
  for (;;) {
    if (deps.now() >= deadline) {
      more = true
      break
    }
    await renew()
    const rows = await deps.db.writeAll(async (tx) => await sealNext(tx, deps.limits))
    if (rows === 0) break
    sealed++
    entries += rows
  }
  const { copied, detail } = await copyAll(deps, deadline, renew)
  return {
    status: detail === undefined ? 'success' : 'partial',
    sealed,
    entries,
    copied,
    more,
    ...(detail === undefined ? {} : { detail }),
  }
}

/** Makes the next seal. Returns the number of its entries; 0 when there was nothing to seal. */
async function sealNext(tx: Tx, limits: AuditDeps['limits']): Promise<number> {
  await becomeAuditor(tx)
  const last = await selectLastSeal(tx)
  const range = await nextRange(tx, last, limits.sealEntries)
  if (!range) return 0
  const parts = [...(await hashRange(tx, range, limits.pageEntries))]
  if (parts.length === 0) return 0
  const id = String(BigInt(last?.id ?? 0) + 1n)
  const hashed = parts.map(({ tenant, rows, hash }) => ({ tenant, rows, root: hash.digest() }))
  const partHashes = Buffer.concat(hashed.map(({ tenant, rows, root }) => hashPart(id, tenant, rows, root)))
  const rows = hashed.reduce((sum, part) => sum + part.rows, 0)
  await insertSeal(tx, {
    id,
    range,
    rows,
    firstAt: parts.reduce((first, part) => (part.firstAt < first ? part.firstAt : first), parts[0]?.firstAt ?? ''),
    lastAt: parts.reduce((newest, part) => (part.lastAt > newest ? part.lastAt : newest), ''),
    parts: hashed,
    partHashes,
    root: rootOf(partHashes),
    previous: last ? hashSeal(last) : null,
  })
  return rows
}

/**
 * Returns the range of the next seal: it begins where the last one ended, and no transaction in it is open. Transactions of an earlier era
 * are all over. Undefined when no entry waits.
 */
async function nextRange(tx: Tx, last: SealRow | undefined, most: number): Promise<Range | undefined> {
  const begin = last ? { era: last.era, xid: last.to_xid } : BEGINNING
  const gate = await selectGate(tx)
  const first = await selectFirst(tx, begin)
  if (!first) return undefined
  const end =
    first.era < gate.era ? { era: first.era, xid: String(BigInt(await selectNewest(tx, first.era)) + 1n) } : gate
  if (BigInt(first.xid) >= BigInt(end.xid)) return undefined
  const from = first.era === begin.era ? begin : { era: first.era, xid: '0' }
  const cut = await selectNth(tx, { from, to: end }, most)
  if (cut === undefined) return { from, to: end }
  // The entries of one transaction stay together, even when they are more than a seal has otherwise.
  const xid = cut === first.xid ? String(BigInt(cut) + 1n) : cut
  return { from, to: { era: end.era, xid } }
}

/** Returns the parts of a range, those without a tenant first, then in order of the tenant. */
async function hashRange(tx: Tx, range: Range, pageEntries: number): Promise<Iterable<PartHash>> {
  const parts = new Map<string | null, PartHash>()
  for (let after = FIRST_PLACE; ; ) {
    const page = await selectSealed(tx, range, after, pageEntries)
    for (const entry of page) {
      const part = parts.get(entry.tenant) ?? beginPart(entry.tenant)
      parts.set(entry.tenant, part)
      addEntry(part, entry)
    }
    const newest = page.at(-1)
    if (!newest || page.length < pageEntries) return parts.values()
    after = { tenant: newest.tenant ?? '-1', id: newest.id }
  }
}

/** Copies the seals that have no copy yet. A failure leaves them to the next run. */
async function copyAll(
  { db, now, store, limits }: AuditDeps,
  deadline: number,
  renew: () => Promise<void>,
): Promise<{ readonly copied: number; readonly detail?: string }> {
  const waiting = await db.readAll(async (tx) => {
    await becomeAuditor(tx)
    const seals = await selectUncopied(tx, limits.seals)
    const parts = seals.length === 0 ? [] : await selectParts(tx, seals[0]?.id ?? '0', seals.at(-1)?.id ?? '0')
    return seals.map((it) => ({ ...it, its: parts.filter(({ seal_id }) => seal_id === it.id) }))
  })
  let copied = 0
  for (const { its, ...it } of waiting) {
    if (now() >= deadline) break
    await renew()
    try {
      await store.put(nameOfCopy(it.id), async function* () {
        yield Buffer.from(copyOf(it, its))
      })
    } catch (error) {
      logger.error({ err: error, seal: it.id }, 'audit.not_copied')
      return { copied, detail: 'Seals could not be copied to storage. The next run tries again.' }
    }
    await db.writeAll(async (tx) => {
      await becomeAuditor(tx)
      await insertCopy(tx, it.id)
    })
    logger.info({ seal: it.id, entries: it.rows, sha256: hashSeal(it).toString('hex') }, 'audit.sealed')
    copied++
  }
  return { copied }
}
