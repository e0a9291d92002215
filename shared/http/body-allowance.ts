// Limits the memory of all bodies in flight together: each alone is bounded, but many of them would not be.
import { busy, tooMany } from '../base/problem.ts'
import { createShares, type Shares } from '../base/shares.ts'

export interface AllowanceLimits {
  /** Bytes that all requests share, except the one whose turn it is. Each tenant has a share of it (see shares.ts). */
  readonly sharedBytes: number
  /** Bytes of it that one request may use before its turn: large bodies take turns, and do not block the others. */
  readonly shareBytes: number
  /** Bytes that each request has in addition, so that small bodies never wait. */
  readonly freeBytes: number
  /** Maximum milliseconds that a request waits for room. */
  readonly waitMs: number
}

/** One request's part of the memory. */
export interface Allowance {
  /**
   * Takes room for more bytes. One request at a time has the turn and gets all bytes it asks for, so all together hold at most
   * `sharedBytes`, one body, and the free bytes. When it is done, the turn goes to the holder whose last turn was longest ago, so that no
   * holder waits for all bodies of another.
   * @returns undefined when there is room, otherwise a promise that resolves when there is.
   * @throws {Problem} through the promise, when there is none in time: 429 when the holder has used its share, otherwise 503.
   */
  take(bytes: number): Promise<void> | undefined
  /** Releases everything, and serves waiting requests. Safe to repeat. */
  release(): void
}

interface Part {
  readonly holder: string
  /** Bytes in addition to the free ones. */
  taken: number
  waiting: { readonly bytes: number; readonly resolve: () => void } | undefined
}

interface Room {
  readonly limits: AllowanceLimits
  readonly tidyUp: () => void
  /** The parts in the order in which they first took something. */
  readonly parts: Set<Part>
  /** Shares of all parts, except the one whose turn it is. */
  readonly shares: Shares
  /** The number of each holder's last turn, for holders with parts. */
  readonly turns: Map<string, number>
  /** The part whose turn it is. */
  first: Part | undefined
  turn: number
}

/**
 * Makes the function that opens a request's part for a holder, which is a tenant. `tidyUp` is called when a body turns out to be large
 * and nothing holds the previous one any more.
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
        // Runs in the next turn of the event loop, because our caller still holds the body.
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

/** Returns true when no other holder has more parts: then the holder delays itself. */
function isFirstAmongOthers({ parts }: Room, holder: string): boolean {
  const counts = new Map<string, number>()
  for (const part of parts) counts.set(part.holder, (counts.get(part.holder) ?? 0) + 1)
  const own = counts.get(holder) ?? 0
  return own > 1 && Math.max(...counts.values()) === own
}

/** Its bytes no longer count as shared. */
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

/** Returns the oldest part of the holder whose turn was longest ago, and forgets holders without parts. */
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
