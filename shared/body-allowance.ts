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

/**
 * Makes the function that opens a request's part. `tidyUp` is called when a body turns out to be large, when nobody holds the one before
 * it any more.
 */
export function shareAllowance(deps: { readonly tidyUp: () => void }, limits: AllowanceLimits): () => Allowance {
  // In the order in which they first took something: the first is the oldest.
  const parts = new Set<Part>()
  let taken = 0

  const fits = (part: Part, bytes: number): boolean => {
    const [oldest] = parts
    if (part === oldest) return true
    return part.taken + bytes <= limits.shareBytes && taken - (oldest?.taken ?? 0) + bytes <= limits.sharedBytes
  }
  const give = (part: Part, bytes: number): void => {
    const isLarge = part.taken + bytes > limits.shareBytes
    if (isLarge && part.taken <= limits.shareBytes) deps.tidyUp()
    part.taken += bytes
    taken += bytes
  }
  const serve = (): void => {
    for (const part of parts) {
      const { waiting } = part
      if (!waiting || !fits(part, waiting.bytes)) continue
      part.waiting = undefined
      give(part, waiting.bytes)
      waiting.resolve()
    }
  }
  const wait = async (part: Part, bytes: number): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    part.waiting = { bytes, resolve }
    const timer = setTimeout(() => {
      part.waiting = undefined
      reject(busy('Too many large requests at a time.'))
    }, limits.waitMs)
    await promise
    clearTimeout(timer)
  }

  const giveBack = (part: Part): void => {
    taken -= part.taken
    part.taken = 0
    if (parts.delete(part)) serve()
  }

  return () => {
    const part: Part = { taken: 0, waiting: undefined }
    let free = limits.freeBytes
    return {
      take(bytes) {
        const counted = Math.max(0, bytes - free)
        free -= bytes - counted
        if (counted === 0) return undefined
        parts.add(part)
        if (!fits(part, counted)) return wait(part, counted)
        give(part, counted)
        return undefined
      },
      release() {
        if (part.taken <= limits.shareBytes) giveBack(part)
        // In a turn of its own: what called us still holds the body.
        else setImmediate(() => giveBack(part))
      },
    }
  }
}
