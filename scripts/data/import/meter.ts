// Shows an import's progress: a bar on a terminal, otherwise a line from time to time.
import type { Clock } from '@penstock/shared/base/time.ts'
import type { Screen } from '../../cli/output.ts'
import { bar, clock, count, percent } from '../../cli/progress-bar.ts'

export interface MeterDeps extends Screen {
  readonly now: Clock
}

export interface Meter {
  /** Shows the bytes of the (packed) file that were read, and the points that were stored. */
  show(bytes: number, points: number): void
  /** Prints a permanent line. */
  say(line: string): void
  /** Removes the bar. */
  end(): void
}

const BAR_PAUSE_MS = 200
const LINE_PAUSE_MS = 10_000

/** Makes a meter for one file that begins at `from`, where an interrupted run had stopped. */
export function createMeter(
  { now, write, clear, isTerminal }: MeterDeps,
  { name, size }: { readonly name: string; readonly size: number },
): Meter {
  const begun = now()
  let first: { readonly bytes: number; readonly points: number } | undefined
  let shown = begun
  let barIsThere = false
  const end = () => {
    if (barIsThere) clear()
    barIsThere = false
  }
  return {
    show(bytes, points) {
      first ??= { bytes, points }
      if (now() - shown < (isTerminal ? BAR_PAUSE_MS : LINE_PAUSE_MS)) return
      shown = now()
      const share = size === 0 ? 1 : Math.min(1, bytes / size)
      const seconds = (now() - begun) / 1000
      const rate = (points - first.points) / seconds
      const left = bytes > first.bytes ? (seconds * (size - bytes)) / (bytes - first.bytes) : undefined
      const text = `${name}  ${percent(share)}  ${count(points)} points  ${count(Math.round(rate))}/s${left === undefined ? '' : `  ${clock(left)} left`}`
      if (isTerminal) clear()
      write(isTerminal ? `${bar(share)} ${text}` : `${text}\n`)
      barIsThere = isTerminal
    },
    say(line) {
      end()
      write(`${line}\n`)
    },
    end,
  }
}
