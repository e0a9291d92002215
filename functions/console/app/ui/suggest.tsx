// A box of text with suggestions: what is typed filters them; arrows, Enter and Escape work as in every such box.
import { type Signal, useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'

export interface Suggestion {
  readonly value: string
  /** A number or a few words at its end. */
  readonly note?: string
}

interface SuggestProps {
  readonly label: string
  readonly value: string
  readonly suggestions: readonly Suggestion[]
  readonly placeholder?: string
  readonly isLoading?: boolean
  readonly onChoose: (value: string) => void
  /** Called when the box is used, to load what it suggests. */
  readonly onOpen?: () => void
}

const MOST = 50

/** Returns the suggestions that contain the text: first those that are equal to it or begin with it. */
function matching(suggestions: readonly Suggestion[], text: string): readonly Suggestion[] {
  const wanted = text.toLowerCase()
  const rank = ({ value }: Suggestion): number => {
    const found = value.toLowerCase()
    return found === wanted ? 0 : found.startsWith(wanted) ? 1 : 2
  }
  return suggestions
    .filter(({ value }) => value.toLowerCase().includes(wanted))
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, MOST)
}

/** The state of an open box. */
interface Box {
  /** The typed text; undefined while the box is closed. */
  readonly typed: Signal<string | undefined>
  /** The number of the suggestion that Enter chooses. */
  readonly marked: Signal<number>
  readonly shown: readonly Suggestion[]
  readonly open: () => void
  readonly choose: (value: string) => void
}

function useBox({ value, suggestions, onChoose, onOpen }: SuggestProps): Box {
  const typed = useSignal<string | undefined>(undefined)
  const marked = useSignal(0)
  const text = typed.value
  return {
    typed,
    marked,
    shown: text === undefined ? [] : matching(suggestions, text === value ? '' : text),
    open() {
      if (typed.peek() === undefined) typed.value = value
      marked.value = 0
      onOpen?.()
    },
    choose(chosen) {
      typed.value = undefined
      if (chosen !== value) onChoose(chosen)
    },
  }
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }

function pressKey(event: KeyboardEvent, { typed, marked, shown, open, choose }: Box): void {
  const step = STEPS[event.key]
  const isOpen = typed.value !== undefined
  if (step !== undefined) {
    event.preventDefault()
    if (!isOpen) open()
    else marked.value = (marked.value + step + shown.length) % Math.max(shown.length, 1)
  } else if (event.key === 'Enter' && isOpen) {
    event.preventDefault()
    choose(shown[marked.value]?.value ?? typed.value ?? '')
  } else if (event.key === 'Escape') typed.value = undefined
}

/** The box. Its own text is what is typed; without typing it is the chosen value. */
export function Suggest(props: SuggestProps) {
  const id = useId()
  const box = useBox(props)
  const { typed, marked, shown, open } = box
  return (
    <div class="field suggest">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        role="combobox"
        aria-expanded={typed.value !== undefined}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown[marked.value] ? `${id}-${marked.value}` : undefined}
        autoComplete="off"
        spellcheck={false}
        placeholder={props.placeholder}
        value={typed.value ?? props.value}
        onFocus={({ currentTarget }) => {
          open()
          currentTarget.select()
        }}
        onInput={({ currentTarget }) => {
          open()
          typed.value = currentTarget.value
        }}
        onBlur={() => (typed.value = undefined)}
        onKeyDown={(event) => pressKey(event, box)}
      />
      <Suggestions id={id} label={props.label} box={box} isLoading={props.isLoading ?? false} />
    </div>
  )
}

interface SuggestionsProps {
  readonly id: string
  readonly label: string
  readonly box: Box
  readonly isLoading: boolean
}

function Suggestions({ id, label, box: { typed, marked, shown, choose }, isLoading }: SuggestionsProps) {
  const isOpen = typed.value !== undefined
  return (
    <ul id={`${id}-list`} class="suggestions" role="listbox" aria-label={`${label}: suggestions`} hidden={!isOpen}>
      {shown.map(({ value, note }, i) => (
        <li
          key={value}
          id={`${id}-${i}`}
          role="option"
          aria-selected={i === marked.value}
          onMouseDown={(event) => {
            // The box would lose the focus, and close, before the click arrives.
            event.preventDefault()
            choose(value)
          }}
        >
          <span class="suggestion-value">{value}</span>
          {note === undefined ? null : <span class="suggestion-note">{note}</span>}
        </li>
      ))}
      {isOpen && shown.length === 0 ? (
        <li class="suggestion-none" role="option" aria-selected={false} aria-disabled>
          {isLoading ? 'Loading…' : 'Nothing with this text'}
        </li>
      ) : null}
    </ul>
  )
}
