import { expect, it } from 'vitest'
import { report, word } from './report.ts'
import type { Verdict } from './trial.ts'

const held: Verdict = {
  name: 'flood',
  tries: 'water comes in',
  times: 3,
  sent: 1_234,
  acknowledged: 1_200,
  busy: 34,
  others: 0,
  missing: 0,
  twice: 0,
  overwritten: 0,
  recoveryMs: 12.6,
  note: 'wet',
  skipped: null,
  broken: [],
}

it('prints a line per fault, and below the table what was seen and what did not hold', () => {
  const fire = { ...held, name: 'fire', missing: 1, note: '', broken: ['1 missing: a', 'it burnt'] }
  const lines = report([held, fire]).split('\n')
  expect(lines[2]).toBe(
    'flood | water comes in | 3     | 1,234 | 1,200        | 34  | 0      | 0       | 0     | 0           | 13          | held',
  )
  expect(lines[3]).toMatch(/^fire .* VIOLATED$/)
  expect(lines.slice(4)).toEqual(['flood: wet', 'fire: VIOLATED 1 missing: a', 'fire: VIOLATED it burnt'])
})

it('shows no figures of what was not tried, and why it was not', () => {
  const lines = report([{ ...held, skipped: 'no water here', recoveryMs: 0 }]).split('\n')
  expect(lines[2]).toMatch(/^flood \| water comes in \|( *\|){9} skipped$/)
  expect(lines[3]).toBe('flood: no water here')
})

it('calls a fault violated when anything did not hold, and skipped when it was not tried', () => {
  expect([word(held), word({ ...held, broken: ['x'] }), word({ ...held, skipped: 'y' })]).toEqual([
    'held',
    'VIOLATED',
    'skipped',
  ])
})
