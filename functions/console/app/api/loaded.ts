// Loads what a page shows, once or again and again while the page is visible.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { repeat } from '../base/repeat.ts'
import { type Failure, failureOf } from './failure.ts'
import { isExpired, signIns } from './session.ts'

export interface Loaded<T> {
  /** The last answer of this key; undefined before the first one. */
  readonly value: T | undefined
  /** The last answer of this key or, while there is none yet, of the key before. */
  readonly stale: T | undefined
  /** The failure of the newest attempt; undefined when it succeeded. */
  readonly failure: Failure | undefined
  /** When the value came, in ms since 1970. */
  readonly at: number
  /** Loads again now. */
  readonly reload: () => void
}

interface State<T> {
  readonly key: string | undefined
  readonly value: T | undefined
  readonly failure: Failure | undefined
  readonly at: number
}

/**
 * Loads what `key` names, again when the key changes, when the reader signs in, and every `everyMs`. Without a key nothing is loaded.
 * An answer that comes after the key has changed is dropped.
 */
export function useLoaded<T>(
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<T>,
  everyMs?: number,
): Loaded<T> {
  const state = useSignal<State<T>>({ key: undefined, value: undefined, failure: undefined, at: 0 })
  const asked = useSignal(0)
  const session = signIns.value
  const round = asked.value
  useEffect(() => {
    if (key === undefined) return undefined
    const control = new AbortController()
    const work = async (): Promise<void> => {
      if (isExpired.peek()) return
      try {
        const value = await load(control.signal)
        if (!control.signal.aborted) state.value = { key, value, failure: undefined, at: Date.now() }
      } catch (error) {
        if (control.signal.aborted) return
        const before = state.peek()
        const value = before.key === key ? before.value : undefined
        state.value = { key, value, failure: failureOf(error), at: before.at }
        throw error
      }
    }
    const stop = repeat({ work, everyMs })
    return () => {
      control.abort()
      stop()
    }
  }, [key, everyMs, session, round])
  const { value, failure, at } = state.value.key === key ? state.value : NOTHING
  return { value: value as T | undefined, stale: state.value.value, failure, at, reload: () => asked.value++ }
}

const NOTHING = { value: undefined, failure: undefined, at: 0 }
