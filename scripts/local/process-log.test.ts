import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openProcessLog } from './process-log.ts'

let folder: string
let shown: string[]
let now: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-log-test-'))
  shown = []
  now = 0
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const file = () => join(folder, 'logs', 'f.log')
const open = () => openProcessLog({ clock: () => now, show: (line) => shown.push(line) }, 'f', file())
const line = (severity: string, message: string, err?: object) => `${JSON.stringify({ severity, message, err })}\n`

test('everything is kept, and errors alone are shown, a line each', async () => {
  const log = open()
  const said = [
    line('INFO', 'function.listening'),
    line('WARNING', 'request.slow'),
    line('ERROR', 'request.failed', { message: 'two\nlines' }),
    line('CRITICAL', 'schema.old'),
    '{"severity":"ERROR","detail":"Too busy.","message":"request.refused"}\n',
    'plain words\n',
    'TypeError: of the loader\n    at somewhere\n',
  ].join('')
  log.write(Buffer.from(said))
  await log.close()

  expect(readFileSync(file(), 'utf8')).toBe(said)
  expect(shown).toEqual([
    'f: request.failed: two lines',
    'f: schema.old',
    'f: request.refused: Too busy.',
    'f: TypeError: of the loader',
  ])
  expect(log.lastError()).toBe('TypeError: of the loader')
})

test('a line that arrives in pieces is one line', async () => {
  const log = open()
  for (const piece of line('ERROR', 'request.failed').match(/.{1,7}\n?/gs) ?? []) log.write(Buffer.from(piece))
  await log.close()

  expect(shown).toEqual(['f: request.failed'])
})

test('an error that repeats is shown once in ten seconds', async () => {
  const log = open()
  const failed = Buffer.from(line('ERROR', 'request.failed'))
  for (const at of [0, 1, 9_999]) {
    now = at
    log.write(failed)
  }
  expect(shown).toHaveLength(1)
  now = 10_000
  log.write(failed)
  await log.close()

  expect(shown).toHaveLength(2)
})

test('the log of the start before is kept beside it', async () => {
  const first = open()
  first.write(Buffer.from('first\n'))
  await first.close()
  const second = open()
  second.write(Buffer.from('second\n'))
  await second.close()

  expect([readFileSync(file(), 'utf8'), readFileSync(`${file()}.1`, 'utf8')]).toEqual(['second\n', 'first\n'])
})
