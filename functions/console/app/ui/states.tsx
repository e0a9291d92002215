// States of a page that has nothing to show yet: loading, empty, failed, not allowed.
import type { ComponentChildren } from 'preact'
import type { Failure } from '../api/failure.ts'
import type { Loaded } from '../api/loaded.ts'
import { Button } from './button.tsx'

/** Grey bars in the place of what is being loaded. */
export function Waiting({ rows = 3, label = 'Loading' }: { readonly rows?: number; readonly label?: string }) {
  return (
    <div class="waiting" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} class="waiting-row" />
      ))}
    </div>
  )
}

/** Says that there is nothing, and what to do next. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="state">
      <p class="state-title">{title}</p>
      {children === undefined ? null : <div class="state-text">{children}</div>}
    </div>
  )
}

/** Says what failed, and what to do. */
export function Failed({ failure, retry }: { readonly failure: Failure; readonly retry?: (() => void) | undefined }) {
  const canRetry = retry !== undefined && failure.kind !== 'forbidden'
  return (
    <div class={`state state-${failure.kind}`} role="alert">
      <p class="state-title">{failure.title}</p>
      <div class="state-text">
        <p>{failure.detail}</p>
        <p>{failure.advice}</p>
      </div>
      {canRetry ? <Button onClick={retry}>Try again</Button> : null}
    </div>
  )
}

/** A line that says why what is shown is not the newest, or why an action failed. */
export function FailureLine({ failure }: { readonly failure: Failure | undefined }) {
  if (!failure) return null
  return (
    <p class="failure-line" role="alert">
      <strong>{failure.title}.</strong> {failure.detail} {failure.advice}
    </p>
  )
}

interface ShownProps<T> {
  readonly of: Loaded<T>
  readonly rows?: number
  readonly children: (value: T) => ComponentChildren
}

/** Shows what is loaded, or the state that it is in. A value that could not be renewed stays, with the reason above it. */
export function Shown<T>({ of, rows, children }: ShownProps<T>) {
  const { value, failure, reload } = of
  if (value === undefined) {
    return failure ? <Failed failure={failure} retry={reload} /> : <Waiting {...(rows === undefined ? {} : { rows })} />
  }
  return (
    <>
      <FailureLine failure={failure} />
      {children(value)}
    </>
  )
}
