// One limit on the time that a promise is waited for.

/**
 * Waits for `work` for at most `ms`, and calls `late` when the time is over: its value, or what it throws, is then the result. The work
 * itself continues, and a failure of it after that is ignored.
 * @throws what the work throws within the time, or what `late` throws.
 */
export async function withTimeout<T, L>(ms: number, work: Promise<T>, late: () => L): Promise<T | L> {
  const { promise, resolve } = Promise.withResolvers<typeof LATE>()
  // One turn of the event loop later: a process that was suspended handles the answers that have arrived before it gives up.
  const timer = setTimeout(() => setImmediate(resolve, LATE), ms)
  work.catch(() => {})
  try {
    const first = await Promise.race([work, promise])
    return first === LATE ? late() : first
  } finally {
    clearTimeout(timer)
  }
}

/** As `withTimeout`, with an error that names the limit when the time is over. */
export async function answerWithin<T>(ms: number, work: Promise<T>, what = 'answer'): Promise<T> {
  return await withTimeout(ms, work, () => {
    throw new Error(`no ${what} within ${ms} ms`)
  })
}

const LATE = Symbol('late')
