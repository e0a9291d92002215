// Replays a rule over stored points: it takes the steps of the evaluator and records nothing.

import { formatTimestamp, type Micros, SECOND } from '../base/time.ts'
import { unhurried } from '../base/unhurried.ts'
import { findInWindow } from './evaluate-window.ts'
import { isSuppressed, messageOf } from './observation.ts'
import type { AlertPreview, AlertRuleCreate } from './rule-schema.ts'
import { type AlertMemory, freshMemory, type Step, takeStep } from './state-machine.ts'
import { type GroupPoints, groupOf } from './windows.ts'

export interface Replay {
  readonly rule: AlertRuleCreate
  readonly from: Micros
  readonly to: Micros
  readonly stepSeconds: number
  /** Maximum transitions of the result. */
  readonly transitions: number
  /** Makes the error for more transitions. */
  readonly refuse: () => Error
}

type PreviewEvent = { -readonly [K in keyof AlertPreview['events'][number]]: AlertPreview['events'][number][K] }

/** Evaluates a rule at each step over the points of its groups. Other requests run in between. */
export async function replayRule(replay: Replay, groups: ReadonlyMap<string, GroupPoints>): Promise<AlertPreview> {
  const { rule, from, to, stepSeconds } = replay
  const pause = unhurried()
  const found = { evaluations: 0, flapping: false, transitions: [] as AlertPreview['transitions'][number][] }
  const events: PreviewEvent[] = []
  for (const [key, points] of groups) {
    let memory = freshMemory
    for (let at = from; at <= to; at += stepSeconds * SECOND) {
      found.evaluations++
      const { value, finding } = findInWindow(rule, points, at)
      const step = takeStep(rule, memory, { at, finding, isSuppressed: isSuppressed(rule, at) })
      note(events, { rule, key, step, value, at })
      if (step.memory.state !== memory.state) found.transitions.push(transitionOf(memory, step, { key, value, at }))
      if (found.transitions.length > replay.transitions) throw replay.refuse()
      found.flapping ||= step.memory.isFlapping
      memory = step.memory
      await pause()
    }
  }
  return {
    ...found,
    transitions: found.transitions.toSorted(byTime('at')),
    events: events.toSorted(byTime('triggered_at')),
  }
}

const byTime =
  <Key extends string>(key: Key) =>
  (a: Readonly<Record<Key, string>>, b: Readonly<Record<Key, string>>): number =>
    a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0

interface Seen {
  readonly key: string
  readonly value: number | null
  readonly at: Micros
}

const transitionOf = (before: AlertMemory, { memory }: Step, { key, value, at }: Seen) => ({
  at: formatTimestamp(at),
  from: before.state,
  to: memory.state,
  value,
  group: groupOf(key),
})

/** Notes an event that opens, or the end of the one that is open, which is the last of its group. */
function note(
  events: PreviewEvent[],
  { rule, step, key, value, at }: Seen & { readonly rule: AlertRuleCreate; readonly step: Step },
): void {
  if (step.opens)
    events.push({
      triggered_at: formatTimestamp(at),
      resolved_at: null,
      severity: rule.severity,
      metric_value: value,
      threshold_value: rule.threshold_value,
      message: messageOf(rule, value),
      resolution_method: null,
      group: groupOf(key),
    })
  const last = events.at(-1)
  if (!last || step.closes === undefined || step.closes === 'manual') return
  last.resolved_at = formatTimestamp(at)
  last.resolution_method = step.closes
}
