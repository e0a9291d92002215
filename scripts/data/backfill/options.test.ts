import { describe, expect, it } from 'vitest'
import { readCommand } from './options.ts'

describe('the command line', () => {
  it('of work has its defaults', () => {
    expect(readCommand(['work', 'j', '--command', 'c'])).toEqual({
      kind: 'work',
      job: 'j',
      command: 'c',
      workers: 4,
      size: 1_000,
      leaseSeconds: 60,
      attempts: 5,
      url: undefined,
      key: undefined,
    })
  })

  it('of a job has blocks of 64 bits', () => {
    const args = [
      'start',
      '--type',
      't',
      '--from',
      '9007199254740993',
      '--to',
      '9223372036854775807',
      '--url',
      'http://x/',
    ]
    expect(readCommand(args)).toMatchObject({ from: 2n ** 53n + 1n, to: 2n ** 63n - 1n, url: 'http://x' })
  })

  it.each([
    [[], /what\?/],
    [['frobnicate'], /there is no backfill frobnicate/],
    [['work', 'j'], /--command is needed/],
    [['work', '--command', 'c'], /which job/],
    [['work', 'j', '--command', 'c', '--workers', '0'], /--workers takes/],
    [['work', 'j', '--command', 'c', '--workers', '65'], /--workers takes/],
    [['work', 'j', '--command', 'c', '--speed', '1'], /Unknown option/],
    [['start', '--type', 't', '--from', '0', '--to', 'x'], /--to takes a block/],
    [['start', '--from', '0', '--to', '1'], /--type is needed/],
    [['list', 'j'], /what is j/],
    [['list', '--status', 'asleep'], /--status is one of/],
    [['status', 'j', '--url', 'ftp://x'], /--url/],
  ])('%j makes no sense', (args, message) => {
    expect(() => readCommand(args)).toThrow(message)
  })
})
