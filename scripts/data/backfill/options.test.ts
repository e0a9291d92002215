import type { Command } from '@commander-js/extra-typings'
import { describe, expect, it } from 'vitest'
import { newCommand } from '../../cli/command.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { listOptions, startOptions, statusOptions, workOptions } from './options.ts'

const describers = { start: startOptions, list: listOptions, status: statusOptions, work: workOptions }

function read(name: keyof typeof describers, ...args: readonly string[]): object {
  const command: Command = newCommand(name, '')
  describers[name](command)
  command.parse(args, { from: 'user' })
  return command.opts()
}

describe('the command line', () => {
  it('of work has its defaults', () => {
    expect(read('work', 'j', '--command', 'c')).toEqual({
      command: 'c',
      workers: 4,
      size: 1_000,
      lease: 60,
      attempts: 5,
    })
  })

  it('of a job has blocks of 64 bits', () => {
    const blocks = ['--from', '9007199254740993', '--to', '9223372036854775807']
    const wanted = { from: 2n ** 53n + 1n, to: 2n ** 63n - 1n, url: 'http://x' }
    expect(read('start', '--type', 't', ...blocks, '--url', 'http://x/')).toMatchObject(wanted)
  })

  it.each<[keyof typeof describers, readonly string[], RegExp]>([
    ['work', ['j'], /'--command <command>' not specified/],
    ['work', ['--command', 'c'], /missing required argument 'job'/],
    ['work', ['j', '--command', 'c', '--workers', '0'], /--workers .*from 1 to 64/],
    ['work', ['j', '--command', 'c', '--workers', '65'], /--workers .*from 1 to 64/],
    ['work', ['j', '--command', 'c', '--speed', '1'], /unknown option '--speed'/],
    ['start', ['--type', 't', '--from', '0', '--to', 'x'], /--to .*'x' is invalid. It must be a block's number/],
    ['start', ['--from', '0', '--to', '1'], /'--type <type>' not specified/],
    ['list', ['j'], /too many arguments/],
    ['list', ['--status', 'asleep'], /--status .*'asleep' is invalid. Allowed choices/],
    ['status', ['j', '--url', 'ftp://x'], /--url .*must be a URL/],
  ])('%s %j makes no sense', (name, args, message) => {
    expect(() => read(name, ...args)).toThrow(UsageError)
    expect(() => read(name, ...args)).toThrow(message)
  })
})
