// Measures several subjects in turns.

/** The results of a subject in one turn. */
export interface Slice {
  /** The successful points or requests, in the unit of the subject's rate. */
  readonly count: number
  readonly seconds: number
  /** The latency of each successful request or statement. */
  readonly latenciesMs: readonly number[]
  /** Requests that failed. */
  readonly errors: number
}

/** A subject of a measurement, which can work continuously for a while. */
export interface Subject {
  /** Works for about this long, then finishes what is in progress. */
  run(ms: number): Promise<Slice>
}

export interface Turns {
  readonly rounds: number
  readonly sliceMs: number
  /** Duration of each subject's first turn, which is not counted: caches fill, and code is compiled. */
  readonly warmUpMs: number
  /** When aborted, the next turn does not begin. */
  readonly signal?: AbortSignal
}

/**
 * Runs subjects in turns, A B C A B C …, so that other load on the machine disturbs all of them alike. Returns the slices of each, in
 * order.
 * @throws the error of a subject.
 */
export async function takeTurns(subjects: readonly Subject[], turns: Turns): Promise<readonly (readonly Slice[])[]> {
  for (const subject of subjects) {
    turns.signal?.throwIfAborted()
    await subject.run(turns.warmUpMs)
  }
  const slices = subjects.map((): Slice[] => [])
  for (let round = 0; round < turns.rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      turns.signal?.throwIfAborted()
      slices[i]?.push(await subject.run(turns.sliceMs))
    }
  }
  return slices
}

/** Returns the rate per second of each slice. */
export function ratesOf(slices: readonly Slice[]): readonly number[] {
  return slices.map(({ count, seconds }) => count / seconds)
}

/**
 * Runs `workers` workers with `work` until the time has passed; each call returns the number that it counts for.
 * @throws the error of a piece of work, after the others have ended.
 */
export async function keepBusy(ms: number, workers: number, work: (worker: number) => Promise<number>): Promise<Slice> {
  const begun = performance.now()
  const latenciesMs: number[] = []
  let count = 0
  const labour = async (worker: number): Promise<void> => {
    while (performance.now() - begun < ms) {
      const from = performance.now()
      const done = await work(worker)
      count += done
      latenciesMs.push(performance.now() - from)
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: workers }, (_, worker) => labour(worker)))
  for (const end of ended) if (end.status === 'rejected') throw end.reason
  return { count, seconds: (performance.now() - begun) / 1000, latenciesMs, errors: 0 }
}
