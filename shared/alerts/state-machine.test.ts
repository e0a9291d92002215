import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, SECOND } from '../base/time.ts'
import {
  type AlertMemory,
  close,
  type Finding,
  freshMemory,
  type Observed,
  type Step,
  type SteppedRule,
  takeStep,
} from './state-machine.ts'

const T0 = Date.UTC(2026, 10, 20) * 1_000
const plain: SteppedRule = { for_seconds: 0, recover_seconds: 0, no_data: 'keep', repeat_seconds: 0 }

/** Takes one step a minute. */
function walk(rule: SteppedRule, findings: readonly (Finding | Omit<Observed, 'at'>)[]): readonly Step[] {
  let memory = freshMemory
  return findings.map((one, i) => {
    const observed = typeof one === 'string' ? { finding: one, isSuppressed: false } : one
    const step = takeStep(rule, memory, { ...observed, at: T0 + i * MINUTE })
    memory = step.memory
    return step
  })
}

/** Writes steps as text: the state, with `+` for an opening, the method of a closing, and `!` before a notification. */
const written = (steps: readonly Step[]): string =>
  steps
    .map(({ memory, opens, closes, notifies }) =>
      [memory.state, opens ? '+' : '', closes ? `-${closes}` : '', notifies ? `!${notifies}` : ''].join(''),
    )
    .join(' ')

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one)

describe('a rule without waiting times', () => {
  it('fires with the first breach, once, and ends with the first value that is back in range', () => {
    expect(written(walk(plain, ['cleared', 'breached', 'breached', 'cleared', 'cleared', 'breached']))).toBe(
      'normal firing+!triggered firing normal-auto!resolved normal firing+!triggered',
    )
  })

  it('stays in its state without data', () => {
    expect(written(walk(plain, ['no_data', 'breached', 'no_data', 'cleared', 'no_data']))).toBe(
      'normal firing+!triggered firing normal-auto!resolved normal',
    )
  })

  it('stays open between the threshold and the value of recovery', () => {
    expect(written(walk(plain, ['between', 'breached', 'between', 'cleared']))).toBe(
      'normal firing+!triggered firing normal-auto!resolved',
    )
  })
})

describe('a rule with waiting times', () => {
  it('fires when a breach has lasted, and begins anew when it has not', () => {
    const rule = { ...plain, for_seconds: 120 }
    expect(written(walk(rule, ['breached', 'breached', 'cleared', 'breached', 'breached', 'breached']))).toBe(
      'pending pending normal pending pending firing+!triggered',
    )
  })

  it('ends when the series has been back long enough, and goes on when it was not', () => {
    const rule = { ...plain, recover_seconds: 120 }
    expect(written(walk(rule, ['breached', 'cleared', 'cleared', 'between', 'cleared', 'cleared', 'cleared']))).toBe(
      'firing+!triggered recovering recovering firing recovering recovering normal-auto!resolved',
    )
  })

  it('repeats an open event, but not one that recovers', () => {
    const rule = { ...plain, repeat_seconds: 120, recover_seconds: 600 }
    expect(written(walk(rule, [...times(5, 'breached' as const), 'cleared', 'cleared', 'cleared', 'breached']))).toBe(
      'firing+!triggered firing firing!repeated firing firing!repeated recovering recovering recovering firing!repeated',
    )
  })
})

describe('a rule without data', () => {
  it('fires where no data is an alert, and ends with data', () => {
    expect(written(walk({ ...plain, no_data: 'alert' }, ['no_data', 'no_data', 'cleared']))).toBe(
      'firing+!triggered firing normal-auto!resolved',
    )
  })

  it('ends where no data means that it is over', () => {
    expect(written(walk({ ...plain, no_data: 'resolve' }, ['breached', 'no_data']))).toBe(
      'firing+!triggered normal-auto!resolved',
    )
  })
})

describe('a suppression', () => {
  const hidden = (finding: Finding): Omit<Observed, 'at'> => ({ finding, isSuppressed: true })

  it('lets nothing open, and the event opens when it ends', () => {
    expect(written(walk(plain, [hidden('breached'), hidden('breached'), 'breached']))).toBe(
      'normal normal firing+!triggered',
    )
  })

  it('lets an open event end without a word, and repeats nothing', () => {
    const rule = { ...plain, repeat_seconds: 60 }
    expect(written(walk(rule, ['breached', hidden('breached'), hidden('cleared'), 'breached']))).toBe(
      'firing+!triggered firing normal-suppressed firing+!triggered',
    )
  })
})

describe('flapping', () => {
  const zigzag = times(5, ['breached', 'cleared'] as const).flat()

  it('begins with the fifth opening within an hour, is notified once, and hides the rest until 30 quiet minutes', () => {
    const text = written(walk(plain, [...zigzag, ...times(31, 'cleared' as const), 'breached']))
    expect(text).toBe(
      [
        ...times(4, 'firing+!triggered normal-auto!resolved'),
        'firing+!flapping normal-auto',
        ...times(29, 'normal'),
        'normal!flapping',
        'normal',
        'firing+!triggered',
      ].join(' '),
    )
  })

  it('says that the event is open when it ends while it is', () => {
    const steps = walk(plain, [...zigzag.slice(0, -1), ...times(30, 'breached' as const)])
    expect(steps.at(-1)).toMatchObject({ notifies: 'flapping', memory: { state: 'firing', isFlapping: false } })
    const { memory } = steps.at(-1) as Step
    expect(takeStep(plain, memory, { at: T0 + HOUR, finding: 'cleared', isSuppressed: false }).notifies).toBe(
      'resolved',
    )
  })

  it('does not begin with four openings within an hour', () => {
    const slow = times(6, ['breached', ...times(15, 'cleared' as const)] as const).flat() as Finding[]
    expect(walk(plain, slow).some(({ notifies }) => notifies === 'flapping')).toBe(false)
  })
})

const findings = fc.constantFrom<Finding>('breached', 'between', 'cleared', 'no_data')
const rules = fc.record<SteppedRule>({
  for_seconds: fc.constantFrom(0, 60, 150),
  recover_seconds: fc.constantFrom(0, 60, 150),
  no_data: fc.constantFrom('keep', 'alert', 'resolve'),
  repeat_seconds: fc.constantFrom(0, 60, 200),
})
const walks = fc.array(
  fc.record({ gap: fc.integer({ min: 0, max: 20 * 60 }), finding: findings, isSuppressed: fc.boolean() }),
  { maxLength: 120 },
)
const isOpen = ({ state }: AlertMemory): boolean => state === 'firing' || state === 'recovering'

describe('every walk', () => {
  it('opens and closes in turns, and notifies only about what it records', () => {
    fc.assert(
      fc.property(rules, walks, (rule, steps) => {
        let memory = freshMemory
        let at = T0
        for (const { gap, ...observed } of steps) {
          at += gap * SECOND
          const step = takeStep(rule, memory, { at, ...observed })
          expect(step.opens).toBe(!isOpen(memory) && isOpen(step.memory))
          expect(step.closes !== undefined).toBe(isOpen(memory) && !isOpen(step.memory))
          if (step.opens) expect([observed.isSuppressed, observed.finding === 'between']).toEqual([false, false])
          if (step.closes !== undefined) expect(step.closes).toBe(observed.isSuppressed ? 'suppressed' : 'auto')
          if (observed.isSuppressed) expect(step.notifies).toBeUndefined()
          if (step.notifies === 'triggered') expect(step.opens).toBe(true)
          if (step.notifies === 'resolved') expect(step.closes).toBe('auto')
          if (step.notifies === 'repeated') expect(step.memory.state).toBe('firing')
          if (memory.isFlapping && step.memory.isFlapping) expect(step.notifies).toBeUndefined()
          expect(step.memory.openings.length).toBeLessThanOrEqual(5)
          memory = step.memory
        }
      }),
      { numRuns: 500 },
    )
  })

  it('records nothing more when its last step is repeated at the same instant', () => {
    fc.assert(
      fc.property(rules, walks, (rule, steps) => {
        let memory = freshMemory
        let at = T0
        for (const { gap, ...observed } of steps) {
          at += gap * SECOND
          const first = takeStep(rule, memory, { at, ...observed })
          const again = takeStep(rule, first.memory, { at, ...observed })
          expect([again.opens, again.closes, again.notifies]).toEqual([false, undefined, undefined])
          memory = again.memory
        }
      }),
      { numRuns: 300 },
    )
  })

  it('notifies nothing twice: of one event at most one opening and one closing', () => {
    fc.assert(
      fc.property(rules, walks, (rule, steps) => {
        let memory = freshMemory
        let at = T0
        const notified: string[] = []
        for (const { gap, ...observed } of steps) {
          at += gap * SECOND
          const step = takeStep(rule, memory, { at, ...observed })
          if (step.opens) notified.length = 0
          if (step.notifies === 'triggered' || step.notifies === 'resolved') {
            expect(notified).not.toContain(step.notifies)
            notified.push(step.notifies)
          }
          memory = step.memory
        }
      }),
      { numRuns: 300 },
    )
  })
})

it('does nothing at an instant before the state was entered', () => {
  const { memory } = takeStep(plain, freshMemory, { at: T0, finding: 'breached', isSuppressed: false })
  const earlier = takeStep(plain, memory, { at: T0 - 1, finding: 'cleared', isSuppressed: false })
  expect(earlier).toEqual({ memory, opens: false, closes: undefined, notifies: undefined })
})

it('ends an event by hand and notifies it, except while the rule is flapping', () => {
  const { memory } = takeStep(plain, freshMemory, { at: T0, finding: 'breached', isSuppressed: false })
  expect(close(memory, T0 + 1, 'manual')).toMatchObject({
    closes: 'manual',
    notifies: 'resolved',
    memory: { state: 'normal' },
  })
  expect(close({ ...memory, isFlapping: true }, T0 + 1, 'manual').notifies).toBeUndefined()
})
