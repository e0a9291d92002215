import { expect, test } from 'vitest'
import { readArguments } from './arguments.ts'

test('without arguments the default set runs, and nothing is written', () => {
  expect(readArguments([])).toEqual({ names: [], json: undefined, profiles: undefined, list: false, help: false })
})

test('names and options come in any order', () => {
  expect(readArguments(['limit.copy', '--json', 'out.json', 'query.newest-1000.c8', '--profiles', 'cpu'])).toEqual({
    names: ['limit.copy', 'query.newest-1000.c8'],
    json: 'out.json',
    profiles: 'cpu',
    list: false,
    help: false,
  })
})

test('an option that there is not is refused in one sentence', () => {
  expect(() => readArguments(['--quick'])).toThrow(/^Unknown option '--quick'$/)
})

test('--json without a file is refused', () => {
  expect(() => readArguments(['--json'])).toThrow(/--json/)
})
