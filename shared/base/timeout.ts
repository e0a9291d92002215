// One limit on the time that a promise is waited for.

/**
 * Waits for `work` for at most `ms` milliseconds. After that it calls `late`, whose value or error becomes the result; the work itself
 * continues, and its later failure is ignored.
 * @throws the error of the work within the time, or the error of `late`.
 */
export async function withTimeout<T, L>(ms: number, work: Promise<T>, late: () => L): Promise<T | L> {
  const { promise, resolve } = Promise.withResolvers<typeof LATE>()
  // Waits one more turn of the event loop: a process that was suspended handles the answers that have arrived before it gives up.
  const timer = setTimeout(() => setImmediate(resolve, LATE), ms)
  work.catch(() => {})
  try {
    const first = await Promise.race([work, promise])
    return first === LATE ? late() : first
  } finally {
    clearTimeout(timer)
  }
}

/** Like `withTimeout`, but after `ms` milliseconds it throws an error that names the limit. */
export async function answerWithin<T>(ms: number, work: Promise<T>, what = 'answer'): Promise<T> {
  return await withTimeout(ms, work, () => {
    throw new Error(`no ${what} within ${ms} ms`)
  })
}

const LATE = Symbol('late')

/** A cached credential is checked within fewer turns of the microtask queue than this. */
const MICROTASKS = 50

/** Returns true when a promise waits only for other promises. */
export async function isSettledSoon(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const settle = (): void => void (settled = true)
  promise.then(settle, settle)
  for (let i = 0; i < MICROTASKS && !settled; i++) await Promise.resolve()
  return settled
}
