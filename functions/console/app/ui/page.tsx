// The frame of a page, and the panels on it.
import type { ComponentChildren } from 'preact'

interface PageProps {
  readonly title: string
  /** Says what the page is for, in a sentence. */
  readonly intro?: ComponentChildren
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

/** A page with its heading. */
export function Page({ title, intro, actions, children }: PageProps) {
  return (
    <div class="page">
      <header class="page-head">
        <div>
          <h1>{title}</h1>
          {intro === undefined ? null : <p class="intro">{intro}</p>}
        </div>
        {actions === undefined ? null : <div class="actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

interface PanelProps {
  readonly title?: string
  readonly note?: ComponentChildren
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

/** A part of a page with a border of its own. */
export function Panel({ title, note, actions, children }: PanelProps) {
  return (
    <section class="panel" aria-label={title}>
      {title === undefined ? null : (
        <header class="panel-head">
          <h2>{title}</h2>
          {note === undefined ? null : <span class="note">{note}</span>}
          {actions === undefined ? null : <div class="actions">{actions}</div>}
        </header>
      )}
      {children}
    </section>
  )
}

export interface Fact {
  readonly name: string
  readonly value: ComponentChildren
  readonly note?: ComponentChildren
  readonly tone?: Tone
}
export type Tone = 'ok' | 'info' | 'warning' | 'critical' | 'quiet'

/** Numbers that matter, side by side. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(({ name, value, note, tone }) => (
        <div key={name} class={`fact${tone ? ` tone-${tone}` : ''}`}>
          <dt>{name}</dt>
          <dd>
            <span class="fact-value">{value}</span>
            {note === undefined ? null : <span class="fact-note">{note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** A word with the colour of its meaning. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return <span class={`badge tone-${tone}`}>{children}</span>
}
