// Runs the trials, one after the other; those with the same needs share a stand.
import type { Arguments } from './arguments.ts'
import type { Fault } from './fault.ts'
import { word } from './report.ts'
import { openStand, type Stand } from './stand/stand.ts'
import { tryFault, type Verdict } from './trial.ts'

export interface RunDeps {
  /** Shows a line of progress. */
  readonly show: (line: string) => void
  /** When aborted, the run ends with its results so far, after everything is stopped. */
  readonly signal: AbortSignal
}

/** Tries each fault. The files of a failed trial are retained, and their location is shown; all others are deleted. */
export async function runFaults({ signal, ...deps }: RunDeps, wanted: Arguments): Promise<readonly Verdict[]> {
  const { seed, short } = wanted
  const begun = performance.now()
  const show = (line: string): void =>
    deps.show(`${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${line}`)
  show(`--seed ${seed}`)
  const verdicts: Verdict[] = []
  let open: { readonly fault: Fault; readonly stand: Stand } | undefined
  const closeStand = async (kept: boolean): Promise<void> => {
    const closing = open?.stand
    open = undefined
    await closing?.close({ kept })
    if (kept && closing) show(`its logs are in ${closing.world.logFolder}`)
  }
  try {
    for (const [number, fault] of wanted.faults.entries()) {
      if (signal.aborted) break
      if (open && !shareStand(open.fault, fault)) await closeStand(false)
      const say = (progress: string): void => show(`${fault.name}: ${progress}`)
      const standing = async (): Promise<Stand> => {
        open ??= { fault, stand: await openStand({ seed, ...fault.stand }) }
        return open.stand
      }
      const verdict = await beforeAbort(signal, tryFault({ standing, seed, short, number, say }, fault))
      if (!verdict) break
      verdicts.push(verdict)
      say([word(verdict), verdict.skipped, ...verdict.broken].filter(Boolean).join('; '))
      if (verdict.broken.length > 0) await closeStand(true)
    }
  } finally {
    await closeStand(false)
  }
  return verdicts
}

const shareStand = (a: Fault, b: Fault): boolean => JSON.stringify(a.stand) === JSON.stringify(b.stand)

/** Returns undefined when the run was aborted first. */
async function beforeAbort<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const aborted = (): void => resolve(undefined)
  signal.addEventListener('abort', aborted, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}
