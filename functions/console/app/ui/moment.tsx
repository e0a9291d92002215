// An instant, in the reader's zone, with UTC next to it for readers who point at it or listen.
import { ago, localTime, utcTime } from '../base/format.ts'
import { isGiven } from '../base/given.ts'

interface MomentProps {
  /** RFC 3339; null when there is none. */
  readonly at: string | null | undefined
  /** Writes how long ago it was instead of when. */
  readonly relative?: boolean
  readonly none?: string
}

/** Writes an instant. */
export function Moment({ at, relative = false, none = 'never' }: MomentProps) {
  if (!isGiven(at)) return <span class="quiet">{none}</span>
  const ms = Date.parse(at)
  if (Number.isNaN(ms)) return <span>{at}</span>
  const both = `${localTime(ms)} (${utcTime(ms)})`
  return (
    <time dateTime={at} title={both}>
      {relative ? ago(ms) : localTime(ms)}
    </time>
  )
}
