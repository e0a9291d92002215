// The load's record of each write to every key, with its answer. It alone determines what the tables must hold.

/**
 * The key of a point: `<tenant> <service> <type> <microseconds since 1970>`; or of a field of feedback: `<tenant> <insight> <user>
 * <field>`.
 */
export type PointKey = string

export type Fate = 'under way' | 'acknowledged' | 'unknown'

/** One attempt to store a request. All its points share its result. */
export interface Attempt {
  /** Milliseconds of a monotonic clock. */
  readonly sentAt: number
  /** Infinity while it is in progress, because it can be stored at any moment until then. */
  endedAt: number
  fate: Fate
}

export interface Write {
  /** No two requests share a value, except for ratings, so it identifies the request of a stored point. */
  readonly value: number
  readonly attempt: Attempt
}

/** A point without a timestamp: the server sets one, and however often it is sent there is one point with this value. */
export interface Stamped {
  readonly tenant: string
  readonly service: string
  readonly value: number
}

/** The writes of one request. */
export interface Wanted {
  /** The value of each key; of several entries with one key, that of the last. */
  readonly points: ReadonlyMap<PointKey, number>
  readonly stamped?: Stamped
  /** `<tenant> <message id>` of a message with content that can never be stored. */
  readonly deadLetter?: string
}

export interface Remembered<T> {
  readonly wanted: T
  acknowledged: boolean
}

export interface Ledger {
  readonly points: ReadonlyMap<PointKey, readonly Write[]>
  /** Indexed by value. */
  readonly stamped: ReadonlyMap<number, Remembered<Stamped>>
  readonly deadLetters: ReadonlyMap<string, Remembered<string>>
  /** All ids that were answered for a row of feedback, by `<tenant> <insight> <user>`. */
  readonly ids: Map<string, Set<string>>
  /** Call it before a request is sent; repetitions are attempts of their own. */
  begin(wanted: Wanted): Attempt
  /** Call it after the answer, or when there was none. */
  end(wanted: Wanted, attempt: Attempt, fate: Exclude<Fate, 'under way'>): void
}

/** Opens an empty ledger; `now` is a monotonic clock in milliseconds. */
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
