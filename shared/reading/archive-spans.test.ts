import { describe, expect, it } from 'vitest'
import { monthStart } from '../base/time.ts'
import { archivedIn, cutArchive } from './archive-spans.ts'
import type { AwayMonth } from './month-queries.ts'

const of = (name: string) => ({ name, generation: '1', bytes: 100, rows: 10 })
const away = (month: string, object?: string): AwayMonth => ({
  month: `${month}-01`,
  hasRollups: true,
  object: object === undefined ? undefined : of(object),
})
const at = (month: string) => monthStart(`${month}-01`)

describe('a stretch of time', () => {
  const months = [away('2026-03'), away('2026-04', 'april'), away('2026-06', 'june'), away('2026-07')]

  it('is of the archive where months are away and have an object, and of the database where they are not', () => {
    expect(cutArchive(months, at('2026-01') + 5, at('2026-09') + 7)).toEqual([
      { from: at('2026-01') + 5, to: at('2026-03') - 1, object: undefined },
      { from: at('2026-04'), to: at('2026-05') - 1, object: of('april') },
      { from: at('2026-05'), to: at('2026-06') - 1, object: undefined },
      { from: at('2026-06'), to: at('2026-07') - 1, object: of('june') },
      { from: at('2026-08'), to: at('2026-09') + 7, object: undefined },
    ])
  })

  it('begins and ends inside a month', () => {
    const [from, to] = [at('2026-04') + 5, at('2026-06') + 3]
    expect(cutArchive(months, from, to).map((span) => [span.from, span.to])).toEqual([
      [from, at('2026-05') - 1],
      [at('2026-05'), at('2026-06') - 1],
      [at('2026-06'), to],
    ])
    expect(cutArchive(months, from, from + 1)).toEqual([{ from, to: from + 1, object: of('april') }])
    expect(cutArchive(months, at('2026-03'), at('2026-04') - 1)).toEqual([])
    expect(cutArchive(months, at('2026-03'), at('2026-04'))).toHaveLength(1)
    expect(cutArchive([], from, to)).toEqual([{ from, to, object: undefined }])
  })
})

describe('what of it is archived', () => {
  it('are the spans of objects', () => {
    const months = [away('2026-04', 'april'), away('2026-06')]
    expect(archivedIn(months, at('2026-01'), at('2026-09'))).toEqual([
      { from: at('2026-04'), to: at('2026-05') - 1, object: of('april') },
    ])
  })
})
