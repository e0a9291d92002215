// Waiting for so long and no longer.

export const LATE = Symbol('late')

/** What the work gives, or LATE when it is not done by then; it goes on alone. @throws what the work throws before. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | typeof LATE> {
  const { promise, resolve } = Promise.withResolvers<typeof LATE>()
  // After a turn of the loop: of a process that was held up, answers that have come are heard before the time is over.
  const timer = setTimeout(() => setImmediate(resolve, LATE), ms)
  // Left alone it may still fail, which then is nobody's business.
  work.catch(() => {})
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
