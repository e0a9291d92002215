import { describe, expect, it } from 'vitest'
import type { Job, Lease } from '../../../functions/backfill/contract.ts'
import { createWorkMeter } from './meter.ts'

const job = { status: 'running', progress_percentage: 50, estimated_completion: null } as Job
const range = { start_block: 5n, end_block: 9n } as Lease

function watched(isTerminal: boolean) {
  let now = Date.parse('2026-11-20T12:00:00Z')
  let text = ''
  const meter = createWorkMeter({
    now: () => now,
    isTerminal,
    clear: () => void (text += '\r\x1b[K'),
    write: (more) => void (text += more),
  })
  return { meter, text: () => text, after: (ms: number) => void (now += ms) }
}

describe('the bar', () => {
  it('has what the job is at, what this process did, and what is left', () => {
    const { meter, text, after } = watched(true)
    after(2_000)
    meter.done({ ...job, estimated_completion: '2026-11-20T12:01:07Z' }, 3)
    expect(text()).toBe('\r\x1b[K[############............] 50.0 %  1 ranges  0.5/s  0 failed  3 at work  1:05 left')
  })

  it('is drawn five times a second at most, and goes for lines that stay', () => {
    const { meter, text, after } = watched(true)
    meter.show(job, 1)
    const once = text()
    after(199)
    meter.show(job, 2)
    expect(text()).toBe(once)
    meter.failed(range, 'no disk')
    meter.lost({ ...range, end_block: 5n })
    expect(text().slice(once.length)).toBe(
      '\r\x1b[Kblocks 5 to 9 failed: no disk\nblock 5: the lease was lost, and another worker has it\n',
    )
    after(1)
    meter.show({ ...job, status: 'paused' }, 0)
    expect(text()).toMatch(/1 failed {2}1 lost {2}paused$/)
  })

  it('is a line every ten seconds where there is no terminal', () => {
    const { meter, text, after } = watched(false)
    meter.show(job, 1)
    after(9_999)
    meter.show(job, 1)
    after(1)
    meter.show(job, 1)
    meter.end()
    expect(text().split('\n')).toEqual([
      '50.0 %  0 ranges  0.0/s  0 failed  1 at work',
      '50.0 %  0 ranges  0.0/s  0 failed  1 at work',
      '0 ranges  0.0/s  0 failed',
      '',
    ])
  })
})
