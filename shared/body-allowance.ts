// How much memory the bodies of all requests in flight may take together: each alone is bounded, a crowd of them would not be.
import { busy } from './problem.ts'

export interface AllowanceLimits {
  /** What all requests but the oldest share, in bytes. */
  readonly sharedBytes: number
  /** What one request may have of that before it is the oldest: large bodies take turns, and do not stop the others. */
  readonly shareBytes: number
  /** What each request has besides, so that small ones never wait. */
  readonly freeBytes: number
  /** How long a request waits for room, in milliseconds. */
  readonly waitMs: number
}

/** One request's part. */
export interface Allowance {
  /**
   * Takes room for so many bytes more. The oldest request that has taken any always gets it, whatever the others have: so each gets
   * its turn, and together they hold `sharedBytes` and one body at most, and what is free.
   * @returns nothing where there is room, else a promise that resolves when there is.
   * @throws {Problem} 503, through the promise, when there is none in time.
   */
  take(bytes: number): Promise<void> | undefined
  /** Gives everything back; whoever waits for it gets it. Safe to repeat. */
  release(): void
}

interface Part {
  /** Beyond what is free. */
  taken: number
  waiting: { readonly bytes: number; readonly resolve: () => void } | undefined
}

interface Room {
  readonly limits: AllowanceLimits
  readonly tidyUp: () => void
  /** In the order in which they first took something: the first is the oldest. */
  readonly parts: Set<Part>
  taken: number
}

/**
 * Makes the function that opens a request's part. `tidyUp` is called when a body turns out to be large, when nobody holds the one before
 * it any more.
 */
export function shareAllowance(deps: { readonly tidyUp: () => void }, limits: AllowanceLimits): () => Allowance {
  const room: Room = { limits, tidyUp: deps.tidyUp, parts: new Set(), taken: 0 }
  return () => {
    const part: Part = { taken: 0, waiting: undefined }
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
  if (!fits(room, part, bytes)) return wait(room, part, bytes)
  give(room, part, bytes)
  return undefined
}

function fits({ limits, parts, taken }: Room, part: Part, bytes: number): boolean {
  const [oldest] = parts
  if (part === oldest) return true
  return part.taken + bytes <= limits.shareBytes && taken - (oldest?.taken ?? 0) + bytes <= limits.sharedBytes
}

function give(room: Room, part: Part, bytes: number): void {
  const { shareBytes } = room.limits
  if (part.taken <= shareBytes && part.taken + bytes > shareBytes) room.tidyUp()
  part.taken += bytes
  room.taken += bytes
}

async function wait({ limits }: Room, part: Part, bytes: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  part.waiting = { bytes, resolve }
  const timer = setTimeout(() => {
    part.waiting = undefined
    reject(busy('Too many large requests at a time.'))
  }, limits.waitMs)
  await promise
  clearTimeout(timer)
}

function giveBack(room: Room, part: Part): void {
  room.taken -= part.taken
  part.taken = 0
  if (!room.parts.delete(part)) return
  for (const other of room.parts) {
    const { waiting } = other
    if (!waiting || !fits(room, other, waiting.bytes)) continue
    other.waiting = undefined
    give(room, other, waiting.bytes)
    waiting.resolve()
  }
}
