import { expect, it } from 'vitest'
import { newCommand } from '../../cli/command.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { type Arguments, faultOptions, toArguments } from './arguments.ts'
import { catalogue } from './catalogue.ts'

function read(args: readonly string[]): Arguments {
  const command = faultOptions(newCommand('faults', ''), catalogue)
  command.parse(args, { from: 'user' })
  return toArguments(command.args, command.opts(), catalogue)
}
const names = (args: readonly string[]): string[] => read(args).faults.map((fault) => fault.name)

it('tries every fault, or those that are named, in the order of the catalogue', () => {
  expect(names([])).toEqual(catalogue.map((fault) => fault.name))
  expect(names(['sigterm', 'kill-function'])).toEqual(['kill-function', 'sigterm'])
})

it('leaves out of a short run what is too long for it, unless it is named', () => {
  const left = names([]).filter((name) => !names(['--short']).includes(name))
  expect(left).toEqual(catalogue.filter((fault) => fault.onlyWhole).map((fault) => fault.name))
  expect(names(['--short', ...left])).toEqual(left)
})

it('gives no two faults the same name', () => {
  expect(new Set(names([])).size).toBe(catalogue.length)
})

it('takes the seed that it is given, else draws one', () => {
  expect(read(['--seed', '7']).seed).toBe(7)
  expect(read([]).seed).toSatisfy((seed) => Number.isInteger(seed))
})

it.each([['earthquake'], ['--seed', 'x'], ['--seed', '-1'], ['--seed', '1.5'], ['--fast']])(
  'refuses %s %s',
  (...args) => {
    expect(() => read(args)).toThrow(UsageError)
  },
)
