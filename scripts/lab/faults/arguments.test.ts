import { expect, it } from 'vitest'
import { UsageError } from '../../cli/usage-error.ts'
import { readArguments, usage } from './arguments.ts'
import { catalogue } from './catalogue.ts'

const names = (args: string[]): string[] => readArguments(args, catalogue).faults.map((fault) => fault.name)

it('tries every fault, or those that are named, in the order of the catalogue', () => {
  expect(names([])).toEqual(catalogue.map((fault) => fault.name))
  expect(names(['sigterm', 'kill-function'])).toEqual(['kill-function', 'sigterm'])
})

it('leaves out of a short run what is too long for it, unless it is named', () => {
  const left = names([]).filter((name) => !names(['--short']).includes(name))
  expect(left).toEqual(catalogue.filter((fault) => fault.onlyWhole).map((fault) => fault.name))
  expect(names(['--short', ...left])).toEqual(left)
})

it('names no two faults alike, and tells each of them in its usage', () => {
  expect(new Set(names([])).size).toBe(catalogue.length)
  for (const { name, tries } of catalogue)
    expect(usage(catalogue)).toMatch(new RegExp(`^  ${name} +${tries.slice(0, 10)}`, 'm'))
})

it('takes the seed that it is given, else draws one', () => {
  expect(readArguments(['--seed', '7'], catalogue).seed).toBe(7)
  expect(readArguments([], catalogue).seed).toSatisfy((seed) => Number.isInteger(seed))
})

it.each([['earthquake'], ['--seed', 'x'], ['--seed', '-1'], ['--seed', '1.5'], ['--fast']])(
  'refuses %s %s',
  (...args) => {
    expect(() => readArguments(args, catalogue)).toThrow(UsageError)
  },
)
