import { describe, expect, it } from 'vitest'
import type { Refusal } from './chunk.ts'
import { describeImport } from './description.ts'
import { readOptions } from './options.ts'
import { emptyReport, type Outcome, withChunk } from './report.ts'

const refusal = (line: number, code: Refusal['code'] = 'bad_value', column: string | null = 'a'): Refusal => ({
  line,
  column,
  code,
  detail: 'is wrong',
})
const tally = (refused: Refusal[] = []) => ({
  tally: { rows: 10, empty: 1, doubtful: { 'shown twice': 2, 'never shown': 3 }, refused },
})
const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  stored: 5,
  unchanged: 1,
  deferred: 2,
  collapsed: 3,
  conflicting: 1,
  refused: [],
  ...more,
})

describe('the report', () => {
  it('adds up over chunks, and keeps the first twenty refusals in the order of the file', () => {
    const many = Array.from({ length: 15 }, (_, i) => refusal(2 * i + 2))
    const late = Array.from({ length: 15 }, (_, i) => refusal(2 * i + 3, 'month_expired'))
    const one = withChunk(emptyReport, tally(many), outcome({ refused: late }))
    const two = withChunk(one, tally([refusal(90)]), outcome())
    expect(two).toMatchObject({
      rows: 20,
      stored: 10,
      unchanged: 2,
      deferred: 4,
      collapsed: 6,
      empty: 2,
      shownTwice: 4,
      neverShown: 6,
      refused: 31,
      reasons: { bad_value: 16, month_expired: 15 },
    })
    expect(two.first.map(({ line }) => line)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2))
    expect(emptyReport.refused).toBe(0)
  })

  it('is told line by line, what did not happen left out', () => {
    const options = readOptions(['a.csv', '--zone', 'Europe/Berlin'], {})
    const report = withChunk(
      emptyReport,
      tally([refusal(4), refusal(9, 'bad_line', null), refusal(10, 'bad_time', '')]),
      outcome(),
    )
    expect(describeImport('a.csv', null, report, options)).toEqual([
      'a.csv',
      '  read        10 rows',
      '  stored      5 points, of which 1 had this value already',
      '  deferred    2 points: their month is sealed or archived',
      '  collapsed   3 points: a later line has the same series and instant',
      '  empty       1 cells',
      '  twice       2 times that the clocks of Europe/Berlin showed twice: distinguished by the order of rows',
      '  never       3 times that the clocks of Europe/Berlin never showed: read as if the clocks had not been set forward yet',
      '  refused     3 (1 bad_line, 1 bad_time, 1 bad_value)',
      '    line 4, a: is wrong',
      '    line 9: is wrong',
      '    line 10, (no name): is wrong',
    ])
    expect(describeImport('a.csv', null, emptyReport, options)).toEqual([
      'a.csv',
      '  read        0 rows',
      '  stored      0 points',
    ])
  })

  it('says how many refusals it does not show, and what a dry run would have done', () => {
    const options = readOptions(['a.csv', '--dry-run'], {})
    const report = withChunk(emptyReport, tally(Array.from({ length: 25 }, (_, i) => refusal(i))), outcome())
    const lines = describeImport('a.csv', null, report, options)
    expect(lines[0]).toBe('a.csv: a dry run, nothing was changed')
    expect(lines).toContain('  would store 5 points, of which 1 had this value already')
    expect(lines.at(-1)).toBe('    and 5 more')
  })
})
