import { describe, expect, it } from 'vitest'
import { readIndexStatements } from './index-statement.ts'

describe('statements of indexes', () => {
  it('are read with comments and over lines; anything else than indexes is refused', () => {
    const text =
      '-- why\ncreate unique index a on t using brin (x)\n  with (pages_per_range = 32);\n-- and\ndrop index b;\n'
    expect(readIndexStatements(text)).toEqual([
      {
        kind: 'create',
        index: { name: 'a', table: 't', unique: true, rest: 'using brin (x)\n  with (pages_per_range = 32)' },
      },
      { kind: 'drop', name: 'b' },
    ])
    for (const wrong of [
      '',
      'create table t (x int)',
      'create index a on t (x); drop table t',
      'create index on t (x)',
      'drop index a, b',
    ])
      expect(() => readIndexStatements(wrong)).toThrow()
  })

  it('name an index with up to 50 characters: a month is added to it', () => {
    expect(readIndexStatements(`create index ${'a'.repeat(50)} on t (x)`)).toHaveLength(1)
    expect(() => readIndexStatements(`create index ${'a'.repeat(51)} on t (x)`)).toThrow(/longer than 50/)
  })
})
