import { describe, expect, it } from 'vitest'
import { UsageError } from '../../cli/usage-error.ts'
import { readOptions } from './options.ts'

const read = (...args: string[]) => readOptions(args, {})

describe('the command line', () => {
  it('has defaults', () => {
    expect(read('a.csv', 'b.csv', '--service', 's')).toEqual({
      files: ['a.csv', 'b.csv'],
      csv: {
        service: 's',
        metrics: [],
        labels: [],
        labelColumns: [],
        leaveOut: [],
        time: [],
        timeFormat: undefined,
        zone: 'UTC',
        delimiter: undefined,
        decimal: '.',
      },
      tenant: 'default',
      http: undefined,
      again: false,
      dryRun: false,
      strict: false,
    })
  })

  it('takes the key of an HTTP import from the environment too, where others do not see it', () => {
    const url = 'http://127.0.0.1:8080/'
    expect(read('a', '--url', url, '--key', 'k', '--progress', 'p').http).toEqual({
      url: 'http://127.0.0.1:8080',
      key: 'k',
      progress: 'p',
    })
    expect(readOptions(['a', '--url', url], { PENSTOCK_KEY: 'e' }).http?.key).toBe('e')
    expect(readOptions(['a', '--url', url, '--key', 'k'], { PENSTOCK_KEY: 'e' }).http?.key).toBe('k')
    expect(readOptions(['a'], { PENSTOCK_KEY: 'e' }).http).toBeUndefined()
  })

  it.each([
    [[], /missing required argument 'files'/],
    [['a', '--nothing'], /--nothing/],
    [['a', '--zone', 'Mars/Olympus'], /--zone .*Mars\/Olympus.*name of a time zone/],
    [['a', '--time-format', 'noon'], /--time-format .*must be one of iso, M\/D\/YYYY/],
    [['a', '--label', 'x'], /--label is NAME=VALUE/],
    [['a', '--label', '=x'], /--label is NAME=VALUE/],
    [['a', '--delimiter', ';;'], /one character/],
    [['a', '--delimiter', '"'], /one character/],
    [['a', '--url', 'localhost:80', '--key', 'k'], /--url .*must be a URL/],
    [['a', '--url', 'http://x'], /--url needs --key/],
    [['a', '--key', 'k'], /belong to --url/],
    [['a', '--progress', 'p'], /belong to --url/],
    [['a', '--url', 'http://x', '--key', 'k', '--tenant', 't'], /the key decides the tenant/],
  ])('that makes no sense is refused: %j', (args, message) => {
    expect(() => read(...args)).toThrow(message)
    expect(() => read(...args)).toThrow(UsageError)
  })
})
