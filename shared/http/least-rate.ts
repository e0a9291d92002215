// How fast a body has to arrive: a connection that brings nothing would hold its request slot for as long as it likes.

export interface LeastRate {
  /** Time that a body has before it is held to the rate, in milliseconds. */
  readonly graceMs: number
  /** Average since then, as sent. */
  readonly bytesPerS: number
}

export interface RateWatch {
  received(bytes: number): void
  /** While a body waits for room in memory it is not its sender that is slow. */
  pause(): void
  resume(): void
  stop(): void
}

const CHECK_MS = 1_000

/** Watches a body from now on, and calls `tooSlow` once when it falls behind. At the end of its grace it must have brought a second's worth. */
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
