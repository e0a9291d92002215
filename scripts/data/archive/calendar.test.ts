import { expect, test } from 'vitest'
import { calendar } from './calendar.ts'

test('a line is a year, a cell a month with its state, its hold and its points, and states are added up', () => {
  const page = calendar([
    { month: '2025-12-01', state: 'dropped', rows: 12_345_678, bytes: 40_000, held: true },
    { month: '2026-01-01', state: 'dropped', rows: 999, bytes: 10, held: false },
    { month: '2026-02-01', state: 'live', rows: null, bytes: null, held: false },
  ])
  expect(page.split('\n').map((line) => line.replaceAll(/ *\| */g, '|'))).toEqual([
    '|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec',
    expect.stringMatching(/^-/),
    '2025||||||||||||dropped* 12.3M',
    expect.stringMatching(/^2026\|dropped 999\|live\|/),
    '* on hold',
    '',
    'state|months|held|points|bytes',
    expect.stringMatching(/^-/),
    'dropped|2|1|12346677|40010',
    'live|1|0|0|0',
    'all|3|1|12346677|40010',
  ])
})
