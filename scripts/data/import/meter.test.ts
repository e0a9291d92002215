import { beforeEach, describe, expect, it } from 'vitest'
import { createMeter } from './meter.ts'

const CLEAR = '\r\x1b[K'
let written = ''
let clock = 0
const open = (isTerminal: boolean) =>
  createMeter(
    { now: () => clock, clear: () => void (written += CLEAR), write: (text) => void (written += text), isTerminal },
    { name: 'boiler', size: 1_000_000 },
  )
beforeEach(() => {
  written = ''
  clock = 0
})

describe('on a terminal', () => {
  it('a bar with share, points, rate and the time that is left is written over itself, five times a second at most', () => {
    const meter = open(true)
    meter.show(0, 0)
    clock = 10_000
    meter.show(250_000, 1_500_000)
    expect(written).toBe('\r\x1b[K[######..................] boiler  25.0 %  1,500,000 points  150,000/s  0:30 left')
    clock = 10_199
    meter.show(260_000, 1_600_000)
    expect(written.split('\r')).toHaveLength(2)
    clock = 10_200
    meter.show(1_000_000, 4_000_000)
    expect(written).toMatch(/\[#{24}\] boiler {2}100\.0 % .* 0:00 left$/)
    meter.end()
    expect(written.endsWith('\r\x1b[K')).toBe(true)
  })

  it('a line that stays takes the bar away first', () => {
    const meter = open(true)
    clock = 1_000
    meter.show(10, 1)
    meter.say('made the month 2014-02')
    expect(written.endsWith('\r\x1b[Kmade the month 2014-02\n')).toBe(true)
  })
})

describe('elsewhere', () => {
  it('plain lines are written, one in ten seconds at most', () => {
    const meter = open(false)
    meter.show(0, 0)
    clock = 9_999
    meter.show(100_000, 10)
    expect(written).toBe('')
    clock = 10_000
    meter.show(1_000, 50_000)
    clock = 15_000
    meter.show(2_000, 60_000)
    meter.end()
    expect(written).toBe('boiler  0.1 %  50,000 points  5,000/s  2:46:30 left\n')
  })

  it('the rate is of this run alone, when an earlier one was interrupted', () => {
    const meter = open(false)
    meter.show(500_000, 1_000_000)
    clock = 10_000
    meter.show(750_000, 1_500_000)
    expect(written).toBe('boiler  75.0 %  1,500,000 points  50,000/s  0:10 left\n')
  })
})
