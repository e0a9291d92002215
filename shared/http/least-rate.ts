// Requires a minimum rate of a body: a connection that sends nothing would otherwise hold its request slot forever.

export interface LeastRate {
  /** Milliseconds before the rate is enforced. */
  readonly graceMs: number
  /** Average since then, in bytes as sent. */
  readonly bytesPerS: number
}

export interface RateWatch {
  received(bytes: number): void
  /** Stops the clock while a body waits for room in memory, which is not its sender's fault. */
  pause(): void
  resume(): void
  stop(): void
}

const CHECK_MS = 1_000

/**
 * Watches a body from now on, and calls `tooSlow` once when it falls behind. By the end of its grace time it must have sent one second's
 * bytes.
 */
export function watchRate({ graceMs, bytesPerS }: LeastRate, tooSlow: () => void): RateWatch {
  let bytes = 0
  let listenedMs = -graceMs
  let timer: NodeJS.Timeout | undefined
  const check = (): void => {
    listenedMs += listenedMs < 0 ? graceMs : CHECK_MS
    if (bytes < (Math.max(listenedMs, CHECK_MS) / 1000) * bytesPerS) tooSlow()
    else resume()
  }
  const stop = (): void => clearTimeout(timer)
  const resume = (): void => {
    stop()
    timer = setTimeout(check, listenedMs < 0 ? graceMs : CHECK_MS)
  }
  resume()
  return { received: (count) => void (bytes += count), pause: stop, resume, stop }
}
