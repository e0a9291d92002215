import { beforeEach, describe, expect, it } from 'vitest'
import { compare, type Stored } from './compare.ts'
import { type Attempt, type Ledger, openLedger } from './ledger.ts'

const KEY = 'acme pump t0 1000'
let ledger: Ledger
let now: number

beforeEach(() => {
  now = 0
  ledger = openLedger(() => ++now)
})

const holding = (stored: Partial<Stored> = {}): Stored => ({
  points: [],
  stamped: [],
  deadLetters: [],
  ids: new Map(),
  ...stored,
})
const holdingValue = (value: number): Stored => holding({ points: [{ key: KEY, value }] })
const wantedPoint = (value: number) => ({ points: new Map([[KEY, value]]) })

function begin(value: number): Attempt {
  return ledger.begin(wantedPoint(value))
}

function write(value: number, fate: 'acknowledged' | 'unknown'): void {
  ledger.end(wantedPoint(value), begin(value), fate)
}

const nothing = { missing: [], twice: [], overwritten: [], foreign: [], renamed: [] }

describe('the comparison', () => {
  it('finds nothing wrong where every key holds its last acknowledged value', () => {
    write(1, 'acknowledged')
    write(2, 'acknowledged')
    expect(compare(ledger, holdingValue(2))).toEqual(nothing)
  })

  it('misses what was acknowledged and is not there, and nothing else', () => {
    write(1, 'unknown')
    expect(compare(ledger, holding())).toEqual(nothing)
    write(2, 'acknowledged')
    expect(compare(ledger, holding())).toEqual({ ...nothing, missing: [`${KEY} = 2`] })
  })

  it('finds an older value in the place of an acknowledged one', () => {
    write(1, 'acknowledged')
    write(2, 'acknowledged')
    expect(compare(ledger, holdingValue(1))).toEqual({ ...nothing, overwritten: [`${KEY} = 1, after 2`] })
  })

  it('finds a value of unknown fate in the place of an acknowledged one that was sent after its answer', () => {
    write(1, 'unknown')
    write(2, 'acknowledged')
    expect(compare(ledger, holdingValue(1)).overwritten).toEqual([`${KEY} = 1, after 2`])
  })

  it('lets a value of unknown fate stand that was sent after the last acknowledged one', () => {
    write(1, 'acknowledged')
    write(2, 'unknown')
    expect(compare(ledger, holdingValue(2))).toEqual(nothing)
    expect(compare(ledger, holdingValue(1))).toEqual(nothing)
  })

  it('lets either of two values stand whose writes overlapped in time', () => {
    const first = begin(1)
    const second = begin(2)
    ledger.end(wantedPoint(2), second, 'acknowledged')
    ledger.end(wantedPoint(1), first, 'acknowledged')
    expect(compare(ledger, holdingValue(1))).toEqual(nothing)
    expect(compare(ledger, holdingValue(2))).toEqual(nothing)
  })

  it('lets a value stand whose request is still under way', () => {
    begin(1)
    write(2, 'acknowledged')
    expect(compare(ledger, holdingValue(1))).toEqual(nothing)
  })

  it('lets a value stand that was repeated until it was acknowledged', () => {
    write(1, 'unknown')
    write(2, 'acknowledged')
    write(1, 'acknowledged')
    expect(compare(ledger, holdingValue(1))).toEqual(nothing)
  })

  it('finds points and values that nobody sent', () => {
    write(1, 'acknowledged')
    const stored = holding({
      points: [
        { key: KEY, value: 7 },
        { key: 'acme pump t0 2000', value: 1 },
      ],
    })
    expect(compare(ledger, stored)).toEqual({ ...nothing, foreign: [`${KEY} = 7`, 'acme pump t0 2000 = 1'] })
  })

  it('finds a key that is stored twice', () => {
    write(1, 'acknowledged')
    const twice = { key: KEY, value: 1 }
    expect(compare(ledger, holding({ points: [twice, twice] })).twice).toEqual([KEY])
  })

  it('counts points without timestamps of their own by value, and dead letters by message', () => {
    const ofStamped = { points: new Map(), stamped: { tenant: 'acme', service: 'pump', value: 5 } }
    const ofLetter = { points: new Map(), deadLetter: 'acme m-1' }
    for (const wanted of [ofStamped, ofLetter]) ledger.end(wanted, ledger.begin(wanted), 'acknowledged')

    expect(compare(ledger, holding())).toEqual({ ...nothing, missing: ['stamped value 5', 'dead letter acme m-1'] })
    const once = holding({ stamped: [{ of: '5', times: 1 }], deadLetters: [{ of: 'acme m-1', times: 1 }] })
    expect(compare(ledger, once)).toEqual(nothing)
    const more = holding({ stamped: [{ of: '5', times: 2 }], deadLetters: [{ of: 'acme m-2', times: 1 }] })
    expect(compare(ledger, more)).toEqual({
      ...nothing,
      missing: ['dead letter acme m-1'],
      twice: ['stamped value 5: 2 times'],
      foreign: ['dead letter acme m-2'],
    })
  })
  it('finds a row of feedback that has another id than it was answered with', () => {
    ledger.ids.set('acme hot ann', new Set(['1']))
    expect(compare(ledger, holding({ ids: new Map([['acme hot ann', '1']]) }))).toEqual(nothing)
    const renamed = ['acme hot ann was 1, and is 2']
    expect(compare(ledger, holding({ ids: new Map([['acme hot ann', '2']]) }))).toEqual({ ...nothing, renamed })
  })
})
