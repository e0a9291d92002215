import { expect, it } from 'vitest'
import { toProblem } from '../http/problem-response.ts'
import { StorageTrouble } from './storage-errors.ts'

it.each([
  [503, 503],
  [Number.NaN, 503],
  [429, 503],
  [404, 500],
  [403, 500],
])('a status of %s from storage that nothing catches is answered %i', (status, answered) => {
  const problem = toProblem(new StorageTrouble('metrics/a.parquet', status, 6, new Error('socket hang up')))
  expect(problem.kind.status).toBe(answered)
  expect(problem.detail).not.toMatch(/metrics|socket/)
})
