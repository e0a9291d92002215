// How much memory the bodies of all requests in flight may take together: each alone is bounded, a crowd of them would not be.
import { busy, tooMany } from '../base/problem.ts'
import { createShares, type Shares } from '../base/shares.ts'

export interface AllowanceLimits {
  /** What all requests share but the one whose turn it is, in bytes. A tenant gets its share of it: shares.ts. */
  readonly sharedBytes: number
  /** What one request may have of that before its turn: large bodies take turns, and do not stop the others. */
  readonly shareBytes: number
  /** What each request has besides, so that small ones never wait. */
  readonly freeBytes: number
  /** How long a request waits for room, in milliseconds. */
  readonly waitMs: number
}

/** One request's part. */
export interface Allowance {
  /**
   * Takes room for so many bytes more. One request at a time has its turn and gets all that it asks for, whatever the others have: so
   * together they hold `sharedBytes` and one body at most, and what is free. When it is done, the turn goes to the holder that had none
   * for the longest time, so that nobody waits behind all bodies of another.
   * @returns nothing where there is room, else a promise that resolves when there is.
   * @throws {Problem} through the promise, when there is none in time: 429 where the holder has its share, otherwise 503.
   */
  take(bytes: number): Promise<void> | undefined
  /** Gives everything back; whoever waits for it gets it. Safe to repeat. */
  release(): void
}

interface Part {
  readonly holder: string
  /** Beyond what is free. */
  taken: number
  waiting: { readonly bytes: number; readonly resolve: () => void } | undefined
}

interface Room {
  readonly limits: AllowanceLimits
  readonly tidyUp: () => void
  /** In the order in which they first took something. */
  readonly parts: Set<Part>
  /** What the parts have but the one whose turn it is. */
  readonly shares: Shares
  /** When each holder that has parts had its turn last, by number. */
  readonly turns: Map<string, number>
  /** The part whose turn it is. */
  first: Part | undefined
  turn: number
}

/**
 * Makes the function that opens a request's part for a holder, which is a tenant. `tidyUp` is called when a body turns out to be large,
 * when nobody holds the one before it any more.
 */
export function shareAllowance(
  deps: { readonly tidyUp: () => void },
  limits: AllowanceLimits,
): (holder: string) => Allowance {
  const room: Room = {
    limits,
    tidyUp: deps.tidyUp,
    parts: new Set(),
    shares: createShares(limits.sharedBytes),
    turns: new Map(),
    first: undefined,
    turn: 0,
  }
  return (holder) => {
    const part: Part = { holder, taken: 0, waiting: undefined }
    let free = limits.freeBytes
    return {
      take(bytes) {
        const counted = Math.max(0, bytes - free)
        free -= bytes - counted
        return counted === 0 ? undefined : take(room, part, counted)
      },
      release() {
        if (part.taken <= limits.shareBytes) giveBack(room, part)
        // In a turn of its own: what called us still holds the body.
        else setImmediate(() => giveBack(room, part))
      },
    }
  }
}

function take(room: Room, part: Part, bytes: number): Promise<void> | undefined {
  room.parts.add(part)
  if (!room.first) giveTurn(room, part)
  return takeAtOnce(room, part, bytes) ? undefined : wait(room, part, bytes)
}

function takeAtOnce({ limits, shares, first, tidyUp }: Room, part: Part, bytes: number): boolean {
  const { shareBytes } = limits
  if (part !== first) {
    if (part.taken + bytes > shareBytes) return false
    if (shares.take(part.holder, bytes) !== undefined) return false
  }
  if (part.taken <= shareBytes && part.taken + bytes > shareBytes) tidyUp()
  part.taken += bytes
  return true
}

async function wait(room: Room, part: Part, bytes: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  part.waiting = { bytes, resolve }
  const timer = setTimeout(() => {
    part.waiting = undefined
    reject(
      isFirstAmongOthers(room, part.holder)
        ? tooManyLarge()
        : busy('There are too many large requests at the same time.'),
    )
  }, room.limits.waitMs)
  await promise
  clearTimeout(timer)
}

const tooManyLarge = () => tooMany('This tenant sends too many large requests at the same time.')

/** Whether nobody else has more parts: then it is in its own way. */
function isFirstAmongOthers({ parts }: Room, holder: string): boolean {
  const counts = new Map<string, number>()
  for (const part of parts) counts.set(part.holder, (counts.get(part.holder) ?? 0) + 1)
  const own = counts.get(holder) ?? 0
  return own > 1 && Math.max(...counts.values()) === own
}

/** What it has counts no longer as shared. */
function giveTurn(room: Room, part: Part): void {
  room.first = part
  room.turns.set(part.holder, ++room.turn)
  room.shares.give(part.holder, part.taken)
}

function giveBack(room: Room, part: Part): void {
  if (!room.parts.delete(part)) return
  if (room.first === part) room.first = undefined
  else room.shares.give(part.holder, part.taken)
  part.taken = 0
  const next = room.first ? undefined : nextInTurn(room)
  if (next) giveTurn(room, next)
  for (const other of room.parts) {
    const { waiting } = other
    if (!waiting || !takeAtOnce(room, other, waiting.bytes)) continue
    other.waiting = undefined
    waiting.resolve()
  }
}

/** The oldest part of the holder whose turn was longest ago. A holder without parts is forgotten. */
function nextInTurn({ parts, turns }: Room): Part | undefined {
  let next: Part | undefined
  const present = new Set<string>()
  const turnOf = (part: Part): number => turns.get(part.holder) ?? 0
  for (const part of parts) {
    present.add(part.holder)
    if (!next || turnOf(part) < turnOf(next)) next = part
  }
  for (const holder of turns.keys()) if (!present.has(holder)) turns.delete(holder)
  return next
}
