// How much memory the bodies of all requests in flight may take together: each alone is bounded, a crowd of them would not be.
import { busy } from './problem.ts'

/** One request's part. */
export interface Allowance {
  /** @throws {Problem} 503 when all requests together would hold more than the maximum. */
  take(bytes: number): void
  /** Gives everything back. Safe to repeat. */
  release(): void
}

/** Makes the function that opens a request's part of `maxBytes`. */
export function shareAllowance(maxBytes: number): () => Allowance {
  let taken = 0
  return () => {
    let own = 0
    return {
      take(bytes) {
        if (taken + bytes > maxBytes) throw busy('Too many large requests at a time.')
        taken += bytes
        own += bytes
      },
      release() {
        taken -= own
        own = 0
      },
    }
  }
}
