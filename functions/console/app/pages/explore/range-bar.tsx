// The span of time that is shown: earlier and later, closer and wider, as long as one wants, or exactly from and to.
import { useSignal } from '@preact/signals'
import { duration, localTime, utcTime, zone } from '../../base/format.ts'
import { changeQuery } from '../../base/view.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import type { Span } from './choice.ts'

const HOUR_MS = 3_600_000
const LENGTHS = [
  ['1 h', HOUR_MS],
  ['6 h', 6 * HOUR_MS],
  ['1 d', 24 * HOUR_MS],
  ['7 d', 7 * 24 * HOUR_MS],
  ['30 d', 30 * 24 * HOUR_MS],
  ['1 y', 365 * 24 * HOUR_MS],
] as const

/** Shows another span; undefined for where the points are. */
export const showSpan = (span: Span | undefined): void =>
  changeQuery({
    from: span && new Date(Math.round(span.from)).toISOString(),
    to: span && new Date(Math.round(span.to)).toISOString(),
  })

interface RangeBarProps {
  readonly span: Span
  /** The span in which there are points. */
  readonly points: Span
}

/** The controls of the span. */
export function RangeBar({ span, points }: RangeBarProps) {
  const isExact = useSignal(false)
  return (
    <div class="range">
      <div class="range-buttons" role="group" aria-label="Span of time">
        <Steps span={span} />
        {LENGTHS.map(([name, ms]) => (
          <Button
            key={name}
            kind="quiet"
            label={`The last ${name} of the points`}
            pressed={Math.abs(span.to - span.from - ms) < 2 && Math.abs(span.to - points.to) < 2}
            onClick={() => showSpan({ from: points.to - ms, to: points.to })}
          >
            {name}
          </Button>
        ))}
        <Button kind="quiet" onClick={() => showSpan({ from: points.from, to: points.to })}>
          All
        </Button>
        <Button kind="quiet" pressed={isExact.value} onClick={() => (isExact.value = !isExact.value)}>
          From … to
        </Button>
      </div>
      <p class="range-text">
        <span title={`${utcTime(span.from)} – ${utcTime(span.to)}`}>
          {localTime(span.from)} – {localTime(span.to)}
        </span>{' '}
        <span class="quiet">
          {duration((span.to - span.from) / 1000)}, {zone()}
        </span>
      </p>
      {isExact.value ? <ExactSpan span={span} /> : null}
    </div>
  )
}

/** Moves of the span, as shares of its length: its beginning and its end. */
const STEPS = [
  ['Earlier', '←', -0.5, -0.5],
  ['Later', '→', 0.5, 0.5],
  ['Wider', '−', -0.5, 0.5],
  ['Closer', '+', 0.25, -0.25],
] as const

function Steps({ span: { from, to } }: { readonly span: Span }) {
  const length = to - from
  return STEPS.map(([name, sign, first, last]) => (
    <Button
      key={name}
      kind="quiet"
      label={name}
      onClick={() => showSpan({ from: from + first * length, to: to + last * length })}
    >
      {sign}
    </Button>
  ))
}

function ExactSpan({ span }: { readonly span: Span }) {
  const from = useSignal(new Date(span.from).toISOString().slice(0, 19))
  const to = useSignal(new Date(span.to).toISOString().slice(0, 19))
  const [fromMs, toMs] = [Date.parse(`${from.value}Z`), Date.parse(`${to.value}Z`)]
  const isValid = fromMs < toMs
  return (
    <form
      class="range-exact"
      onSubmit={(event) => {
        event.preventDefault()
        if (isValid) showSpan({ from: fromMs, to: toMs })
      }}
    >
      <Field label="From (UTC)" value={from.value} onInput={(value) => (from.value = value)} />
      <Field label="To (UTC)" value={to.value} onInput={(value) => (to.value = value)} />
      <Button type="submit" disabled={!isValid}>
        Show
      </Button>
      {isValid ? null : <p class="hint">Write both as 2026-11-20T17:00:00, the first one before the second.</p>}
    </form>
  )
}
