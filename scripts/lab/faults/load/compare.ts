// Compares stored rows with acknowledged writes. It depends only on the ledger and the rows.
import type { Ledger, PointKey, Write } from './ledger.ts'

export interface StoredPoint {
  readonly key: PointKey
  readonly value: number
}

/** The number of times that a value is stored. */
export interface Counted {
  readonly of: string
  readonly times: number
}

export interface Stored {
  /** Every point of the load's tenants, except those with a timestamp of the server. */
  readonly points: readonly StoredPoint[]
  /** Points with a timestamp of the server, by value. */
  readonly stamped: readonly Counted[]
  /** Indexed by `<tenant> <message id>`. */
  readonly deadLetters: readonly Counted[]
  /** Rows of feedback by `<tenant> <insight> <user>`. */
  readonly ids: ReadonlyMap<string, string>
}

export interface Comparison {
  /** Acknowledged, but not stored. */
  readonly missing: readonly string[]
  /** Stored more than once. */
  readonly twice: readonly string[]
  /** Stored with an older value than the last acknowledged one. */
  readonly overwritten: readonly string[]
  /** Stored, although no client sent it. */
  readonly foreign: readonly string[]
  /** Rows of feedback whose id differs from the answered one. */
  readonly renamed: readonly string[]
}

/**
 * Makes the whole comparison. A key may hold the value of any write that no acknowledged write followed; one write follows another if it
 * was sent after the other was answered. So a single writer's last acknowledged value must be stored, or a later one with an unknown
 * result; of overlapping writes, either may be the last.
 */
export function compare(ledger: Ledger, stored: Stored): Comparison {
  const missing: string[] = []
  const twice: string[] = []
  const overwritten: string[] = []
  const foreign: string[] = []
  const found = new Map<PointKey, number>()
  for (const { key, value } of stored.points) {
    if (found.has(key)) twice.push(key)
    found.set(key, value)
    if (!ledger.points.get(key)?.some((write) => write.value === value)) foreign.push(`${key} = ${value}`)
  }
  for (const [key, writes] of ledger.points) {
    const newest = newestAcknowledged(writes)
    if (!newest) continue
    const value = found.get(key)
    if (value === undefined) missing.push(`${key} = ${newest.value}`)
    else if (!mayBeLast(writes, value, newest)) overwritten.push(`${key} = ${value}, after ${newest.value}`)
  }
  count('stamped value', ledger.stamped, stored.stamped, { missing, twice, foreign })
  count('dead letter', ledger.deadLetters, stored.deadLetters, { missing, twice, foreign })
  return { missing, twice, overwritten, foreign, renamed: renamed(ledger.ids, stored.ids) }
}

function renamed(answered: Ledger['ids'], stored: Stored['ids']): string[] {
  return [...answered].flatMap(([row, ids]) =>
    [...ids].filter((id) => id !== stored.get(row)).map((id) => `${row} was ${id}, and is ${stored.get(row)}`),
  )
}

/** Returns the acknowledged write that was sent last. */
function newestAcknowledged(writes: readonly Write[]): Write | undefined {
  let newest: Write | undefined
  for (const write of writes) {
    const { fate, sentAt } = write.attempt
    if (fate === 'acknowledged' && sentAt >= (newest?.attempt.sentAt ?? Number.NEGATIVE_INFINITY)) newest = write
  }
  return newest
}

function mayBeLast(writes: readonly Write[], value: number, newest: Write): boolean {
  const from = writes.filter((write) => write.value === value)
  // A value that no client wrote is reported separately.
  return from.length === 0 || from.some((write) => write.attempt.endedAt >= newest.attempt.sentAt)
}

function count(
  what: string,
  remembered: ReadonlyMap<number | string, { readonly acknowledged: boolean }>,
  stored: readonly Counted[],
  found: Record<'missing' | 'twice' | 'foreign', string[]>,
): void {
  const times = new Map(stored.map((one) => [one.of, one.times]))
  const known = new Set<string>()
  for (const [of, { acknowledged }] of remembered) {
    const name = String(of)
    known.add(name)
    const count = times.get(name) ?? 0
    if (count === 0 && acknowledged) found.missing.push(`${what} ${name}`)
    if (count > 1) found.twice.push(`${what} ${name}: ${count} times`)
  }
  for (const name of times.keys()) if (!known.has(name)) found.foreign.push(`${what} ${name}`)
}
