// Bars: the progress of a job, and a share of a limit.
import type { Tone } from './page.tsx'

interface ProgressProps {
  /** 0 to 100. */
  readonly value: number
  readonly label: string
  readonly tone?: Tone
}

/** The progress of something, with its number. */
export function Progress({ value, label, tone = 'info' }: ProgressProps) {
  const shown = Math.round(value * 10) / 10
  return (
    <div class="progress">
      <div
        class={`bar tone-${tone}`}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={shown}
      >
        <div class="bar-fill" style={{ width: `${Math.min(100, Math.max(0, value))}%` }} />
      </div>
      <span class="progress-number">{shown} %</span>
    </div>
  )
}

interface ShareProps {
  readonly used: number
  readonly limit: number
  readonly label: string
  /** False for a part of a whole, of which no amount is too much. */
  readonly isLimit?: boolean
}

/** A limit of less than this may be used up without anything being wrong. */
const WARNED_FROM = 5

/** The part of a limit that is used; its colour warns from 70 % and alarms from 90 % on. */
export function Share({ used, limit, label, isLimit = true }: ShareProps) {
  const share = limit > 0 ? Math.min(used / limit, 1) : 0
  const tone = !isLimit || limit < WARNED_FROM ? 'info' : share >= 0.9 ? 'critical' : share >= 0.7 ? 'warning' : 'info'
  return (
    <div
      class={`bar tone-${tone}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={limit}
      aria-valuenow={used}
    >
      <div class="bar-fill" style={{ width: `${share * 100}%` }} />
    </div>
  )
}
