// Work that is repeated while the page is visible.

export interface Repeating {
  /** Does the work once. A rejection makes the pause longer. */
  readonly work: () => Promise<void>
  /** Milliseconds between the end of one run and the beginning of the next; undefined for a single run. */
  readonly everyMs: number | undefined
}

const LONGEST_MS = 60_000

/**
 * Does the work now, and again after each pause. A hidden page does nothing; it resumes when it becomes visible. After a failure the
 * pause doubles, up to a minute. Returns the function that ends it.
 */
export function repeat({ work, everyMs }: Repeating): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let ended = false
  let isDue = false

  const plan = (): void => {
    if (ended || everyMs === undefined) return
    timer = setTimeout(tick, Math.min(everyMs * 2 ** failures, LONGEST_MS))
  }
  const run = async (): Promise<void> => {
    try {
      await work()
      failures = 0
    } catch {
      failures = Math.min(failures + 1, 10)
    }
    plan()
  }
  function tick(): void {
    if (document.hidden) isDue = true
    else void run()
  }
  const shown = (): void => {
    if (document.hidden || !isDue) return
    isDue = false
    void run()
  }
  document.addEventListener('visibilitychange', shown)
  void run()
  return () => {
    ended = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', shown)
  }
}
