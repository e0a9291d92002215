// The load's record of each write to every key and its answer. It alone decides what the tables have to hold.

/** A point's key: `<tenant> <service> <type> <microseconds since 1970>`; or a field's of feedback: `<tenant> <insight> <user> <field>`. */
export type PointKey = string

export type Fate = 'under way' | 'acknowledged' | 'unknown'

/** One attempt to store a request. All its points share its fate. */
export interface Attempt {
  /** Milliseconds of one monotonic clock. */
  readonly sentAt: number
  /** Infinity while it is under way: until then it can be stored at any moment. */
  endedAt: number
  fate: Fate
}

export interface Write {
  /** No two requests have a value in common, but for ratings: so it says which of them a stored point came from. */
  readonly value: number
  readonly attempt: Attempt
}

/** A point that is sent without a timestamp: the server gives one, and however often it is sent there is one point with this value. */
export interface Stamped {
  readonly tenant: string
  readonly service: string
  readonly value: number
}

/** The writes that one request asks for. */
export interface Wanted {
  /** The value of each key; of several entries with one key that of the last. */
  readonly points: ReadonlyMap<PointKey, number>
  readonly stamped?: Stamped
  /** `<tenant> <message id>` of a message that holds what can never be stored. */
  readonly deadLetter?: string
}

export interface Remembered<T> {
  readonly wanted: T
  acknowledged: boolean
}

export interface Ledger {
  readonly points: ReadonlyMap<PointKey, readonly Write[]>
  /** By value. */
  readonly stamped: ReadonlyMap<number, Remembered<Stamped>>
  readonly deadLetters: ReadonlyMap<string, Remembered<string>>
  /** Every id that a row of feedback was answered with, by `<tenant> <insight> <user>`. */
  readonly ids: Map<string, Set<string>>
  /** Before a request is sent; repeats are attempts of their own. */
  begin(wanted: Wanted): Attempt
  /** After it was answered, or was not. */
  end(wanted: Wanted, attempt: Attempt, fate: Exclude<Fate, 'under way'>): void
}

/** An empty ledger; `now` is a monotonic clock in milliseconds. */
export function openLedger(now: () => number): Ledger {
  const points = new Map<PointKey, Write[]>()
  const stamped = new Map<number, Remembered<Stamped>>()
  const deadLetters = new Map<string, Remembered<string>>()
  return {
    points,
    stamped,
    deadLetters,
    ids: new Map(),
    begin(wanted) {
      const attempt: Attempt = { sentAt: now(), endedAt: Number.POSITIVE_INFINITY, fate: 'under way' }
      for (const [key, value] of wanted.points) {
        const writes = points.get(key)
        if (writes) writes.push({ value, attempt })
        else points.set(key, [{ value, attempt }])
      }
      if (wanted.stamped) remember(stamped, wanted.stamped.value, wanted.stamped)
      if (wanted.deadLetter !== undefined) remember(deadLetters, wanted.deadLetter, wanted.deadLetter)
      return attempt
    },
    end(wanted, attempt, fate) {
      attempt.endedAt = now()
      attempt.fate = fate
      if (fate !== 'acknowledged') return
      if (wanted.stamped) acknowledge(stamped, wanted.stamped.value)
      if (wanted.deadLetter !== undefined) acknowledge(deadLetters, wanted.deadLetter)
    },
  }
}

function remember<K, T>(memory: Map<K, Remembered<T>>, key: K, wanted: T): void {
  if (!memory.has(key)) memory.set(key, { wanted, acknowledged: false })
}

function acknowledge<K, T>(memory: Map<K, Remembered<T>>, key: K): void {
  const entry = memory.get(key)
  if (entry) entry.acknowledged = true
}
