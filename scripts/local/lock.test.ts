import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify } from '../cli/processes.ts'
import { AlreadyRunning, takeLock } from './lock.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-lock-test-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('a lock that a living process holds is refused, with the holder and its URL', () => {
  takeLock(folder, 'http://127.0.0.1:8080')

  expect(() => takeLock(folder, 'http://127.0.0.1:9090')).toThrow(AlreadyRunning)
  expect(() => takeLock(folder, 'http://127.0.0.1:9090')).toThrow(/http:\/\/127\.0\.0\.1:8080 \(process \d+\)/)
})

test('a lock that was let go can be taken', () => {
  takeLock(folder, 'first')()

  takeLock(folder, 'second')

  expect(readFileSync(join(folder, 'suite.pid'), 'utf8')).toContain('second')
})

test.each([
  [
    'a process that ended',
    JSON.stringify({ pid: spawnSync(process.execPath, ['-e', '']).pid, began: 'then', url: 'old' }),
  ],
  ['a process whose pid another one has now', JSON.stringify({ pid: process.pid, began: 'then', url: 'old' })],
  ['nobody: it is not JSON', 'garbage'],
  ['nobody: it is empty', ''],
])('a lock of %s is taken over', (_, left) => {
  writeFileSync(join(folder, 'suite.pid'), left)

  takeLock(folder, 'new')

  expect(JSON.parse(readFileSync(join(folder, 'suite.pid'), 'utf8'))).toEqual({ ...identify(process.pid), url: 'new' })
})

test('nothing but the lock stays behind, and nothing after it is let go', () => {
  writeFileSync(join(folder, 'suite.pid'), '{}')
  const release = takeLock(folder, 'new')

  expect(readdirSync(folder)).toEqual(['suite.pid'])
  release()
  expect(existsSync(join(folder, 'suite.pid'))).toBe(false)
})
