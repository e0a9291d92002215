import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { corruptionDrill } from './corruption.ts'
import { deletionDrill } from './deletion.ts'
import { recordSteps, type Steps, stepTable } from './steps.ts'

const QUICK = { points: 400, settings: { fsync: 'off' } }
/** Two servers begin and end in each. */
const LONG_MS = 180_000
let folder: string
let steps: Steps

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-drill-test-'))
  chmodSync(folder, 0o755)
  steps = recordSteps({ show: () => {}, elapsed: () => performance.now() })
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test("a tenant's deleted points are restored to the moment before, and brought back among those stored since", {
  timeout: LONG_MS,
}, async () => {
  await deletionDrill(steps, { folder, ...QUICK })

  expect(outcomes()).toMatchObject({
    'delete the points of acme': '400 points gone',
    'bring the lost points back': '400 points',
    'count: all that was there, and all that came since': '1200 points',
  })
})

test('a damaged page is refused, and everything archived is restored', { timeout: LONG_MS }, async () => {
  await corruptionDrill(steps, { folder, ...QUICK })

  expect(outcomes()).toMatchObject({ 'read: the page is refused': expect.stringContaining('invalid page in block 0') })
  expect(stepTable(steps.done)).toMatch(/^restore everything archived +\| \d+\.\d\d/m)
})

test('a step that fails is named', async () => {
  const failing = steps.take('count', () => Promise.reject(new Error('there are 3 points')))

  await expect(failing).rejects.toThrow('count: there are 3 points')
  expect(steps.done).toEqual([])
})

const outcomes = (): Record<string, string> =>
  Object.fromEntries(steps.done.map(({ what, outcome }) => [what, outcome]))
