// The states of an alert rule, as a pure function: the evaluator and the preview take the same steps.
import { HOUR, MINUTE, type Micros, SECOND } from '../base/time.ts'
import type { AlertRuleCreate } from './rule-schema.ts'

export type AlertState = 'normal' | 'pending' | 'firing' | 'recovering'

/** The way in which an event ended: by itself, by itself within a suppression window, or by a person. */
export type ResolutionMethod = 'auto' | 'suppressed' | 'manual'

/** The fields of a rule that decide its steps. */
export type SteppedRule = Pick<AlertRuleCreate, 'for_seconds' | 'recover_seconds' | 'no_data' | 'repeat_seconds'>

/** The memory of a rule, or of one of its groups, between two evaluations. An event is open in the states firing and recovering. */
export interface AlertMemory {
  readonly state: AlertState
  /** The instant at which the state was entered; null before the first evaluation. */
  readonly since: Micros | null
  readonly breachedSince: Micros | null
  readonly clearedSince: Micros | null
  /** The latest openings within an hour, oldest first: at most `FLAPPING_OPENINGS`. */
  readonly openings: readonly Micros[]
  readonly isFlapping: boolean
  /** The instant at which an event last opened or closed. */
  readonly changedAt: Micros | null
  /** The instant at which the channels were last notified of the open event. */
  readonly notifiedAt: Micros | null
}

export const freshMemory: AlertMemory = {
  state: 'normal',
  since: null,
  breachedSince: null,
  clearedSince: null,
  openings: [],
  isFlapping: false,
  changedAt: null,
  notifiedAt: null,
}

/** The finding of an evaluation. `between` is a value that is not beyond the threshold, and not beyond `recover_value` either. */
export type Finding = 'breached' | 'between' | 'cleared' | 'no_data'

export interface Observed {
  readonly at: Micros
  readonly finding: Finding
  readonly isSuppressed: boolean
}

export type NotificationKind = 'triggered' | 'resolved' | 'repeated' | 'flapping'

/** The result of a step: whether an event opens or closes, and the notification that is sent. */
export interface Step {
  readonly memory: AlertMemory
  readonly opens: boolean
  readonly closes: ResolutionMethod | undefined
  readonly notifies: NotificationKind | undefined
}

/** This many openings within `FLAPPING_WITHIN` make a rule flapping. */
const FLAPPING_OPENINGS = 5
const FLAPPING_WITHIN = HOUR
/** A rule is no longer flapping after this time without a change. */
const QUIET = 30 * MINUTE

const isOpen = ({ state }: AlertMemory): boolean => state === 'firing' || state === 'recovering'

/**
 * Takes one step. Equal arguments give equal steps, and a step that is repeated at the same instant records nothing more. Instants must not
 * decrease; one that does changes nothing.
 */
export function takeStep(rule: SteppedRule, memory: AlertMemory, observed: Observed): Step {
  const { at, isSuppressed } = observed
  if (memory.since !== null && at < memory.since)
    return { memory, opens: false, closes: undefined, notifies: undefined }
  const seen = memory.since === null ? { ...memory, since: at } : memory
  const step = move(rule, seen, { ...observed, finding: meaningOf(rule, observed.finding) })
  if (step.notifies !== undefined) return step
  if (isSuppressed) return step
  return remind(rule, step, at)
}

/** Replaces no data by its meaning for a rule: `keep` changes nothing, `alert` is a breach, `resolve` is back in range. */
function meaningOf({ no_data: policy }: SteppedRule, finding: Finding): Finding {
  if (finding !== 'no_data' || policy === 'keep') return finding
  return policy === 'alert' ? 'breached' : 'cleared'
}

function move(rule: SteppedRule, memory: AlertMemory, { at, finding, isSuppressed }: Observed): Step {
  if (finding === 'no_data') return still(memory)
  if (isOpen(memory)) return finding === 'cleared' ? recover(rule, memory, at, isSuppressed) : burn(memory, at)
  if (finding !== 'breached' || isSuppressed) return still(enter(memory, 'normal', at, { breachedSince: null }))
  const breachedSince = memory.breachedSince ?? at
  if (at - breachedSince < rule.for_seconds * SECOND) return still(enter(memory, 'pending', at, { breachedSince }))
  return open(memory, at, breachedSince)
}

const still = (memory: AlertMemory): Step => ({ memory, opens: false, closes: undefined, notifies: undefined })

/** Enters a state, and says since when; a state that is entered again keeps its beginning. */
function enter(memory: AlertMemory, state: AlertState, at: Micros, more: Partial<AlertMemory> = {}): AlertMemory {
  return { ...memory, state, since: memory.state === state ? memory.since : at, ...more }
}

/** The event stays open: the value is not back in range. */
const burn = (memory: AlertMemory, at: Micros): Step => still(enter(memory, 'firing', at, { clearedSince: null }))

function open(memory: AlertMemory, at: Micros, breachedSince: Micros): Step {
  const openings = [...memory.openings.filter((one) => one > at - FLAPPING_WITHIN), at].slice(-FLAPPING_OPENINGS)
  const begins = !memory.isFlapping && openings.length === FLAPPING_OPENINGS
  const isFlapping = memory.isFlapping || begins
  const notifies = begins ? 'flapping' : isFlapping ? undefined : 'triggered'
  const change = { breachedSince, clearedSince: null, openings, isFlapping, changedAt: at }
  const notifiedAt = notifies === undefined ? memory.notifiedAt : at
  return { memory: enter(memory, 'firing', at, { ...change, notifiedAt }), opens: true, closes: undefined, notifies }
}

function recover(rule: SteppedRule, memory: AlertMemory, at: Micros, isSuppressed: boolean): Step {
  const clearedSince = memory.clearedSince ?? at
  if (at - clearedSince < rule.recover_seconds * SECOND) return still(enter(memory, 'recovering', at, { clearedSince }))
  return close(memory, at, isSuppressed ? 'suppressed' : 'auto')
}

/**
 * Closes the open event. The channels are notified, except while the rule is flapping, and except for a closing within a suppression window.
 */
export function close(memory: AlertMemory, at: Micros, method: ResolutionMethod): Step {
  const closed = enter(memory, 'normal', at, {
    breachedSince: null,
    clearedSince: null,
    changedAt: at,
    notifiedAt: null,
  })
  return {
    memory: closed,
    opens: false,
    closes: method,
    notifies: memory.isFlapping || method === 'suppressed' ? undefined : 'resolved',
  }
}

/** Notifies that a rule is no longer flapping, or repeats an open event. */
function remind(rule: SteppedRule, step: Step, at: Micros): Step {
  const { memory } = step
  if (memory.isFlapping) {
    if (memory.changedAt !== null && at - memory.changedAt < QUIET) return step
    return { ...step, memory: { ...memory, isFlapping: false, openings: [], notifiedAt: at }, notifies: 'flapping' }
  }
  const isDue = memory.notifiedAt === null || at - memory.notifiedAt >= rule.repeat_seconds * SECOND
  if (memory.state !== 'firing' || rule.repeat_seconds === 0 || !isDue) return step
  return { ...step, memory: { ...memory, notifiedAt: at }, notifies: 'repeated' }
}
