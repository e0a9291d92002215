import { expect, test } from 'vitest'
import { UsageError } from '../cli/usage-error.ts'
import { readArguments } from './arguments.ts'

test('without arguments the gateway is on 8080, closed, and the data stays', () => {
  expect(readArguments([])).toEqual({ port: 8080, tier: 'standard', open: false, fresh: false, help: false })
})

test('the tier is one of the budget', () => {
  expect(readArguments([], 'small')).toMatchObject({ tier: 'small' })
  expect(() => readArguments([], 'tiny')).toThrow('PENSTOCK_TIER takes small, standard, large, not tiny')
})

test('every option is understood', () => {
  expect(readArguments(['--port', '8099', '--open', '--fresh'])).toMatchObject({ port: 8099, open: true, fresh: true })
  expect(readArguments(['--port=1', '-h'])).toMatchObject({ port: 1, help: true })
  expect(readArguments(['--port', '65535'])).toMatchObject({ port: 65_535 })
})

test.each([
  [['--prot', '1'], "Unknown option '--prot'"],
  [['8080'], "Unexpected argument '8080'"],
  [['--port'], "Option '--port <value>' argument missing"],
  [['--port', '0'], 'from 1 to 65535, not 0'],
  [['--port', '65536'], 'from 1 to 65535, not 65536'],
  [['--port', '80x'], 'from 1 to 65535, not 80x'],
  [['--open=yes'], "Option '--open' does not take an argument"],
])('%j is refused in one line', (args, message) => {
  expect(() => readArguments(args)).toThrow(UsageError)
  expect(() => readArguments(args)).toThrow(message)
  try {
    readArguments(args)
  } catch (error) {
    expect((error as Error).message).not.toContain('\n')
  }
})
