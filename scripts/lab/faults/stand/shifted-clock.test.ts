import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const HOUR_MS = 3_600_000
const PROGRAM = `
  const say = () => console.log(JSON.stringify([Date.now(), +new Date(), +new Date(5), Date.UTC(1970, 0, 2), new Date() instanceof Date]))
  say()
  process.on('SIGUSR2', say)
  setTimeout(() => {}, 20_000)`
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-clock-test-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('shifts now, and nothing else, and again when it is told to', async () => {
  const file = join(folder, 'clock')
  writeFileSync(file, String(HOUR_MS))
  const preload = pathToFileURL(join(import.meta.dirname, 'shifted-clock.ts')).href
  const child = spawn(process.execPath, ['--import', preload, '-e', PROGRAM], {
    env: { ...process.env, SHIFTED_CLOCK: file },
  })
  const said = async (): Promise<unknown[]> => JSON.parse(String((await once(child.stdout, 'data'))[0])) as unknown[]
  const isAbout = (ms: number) => expect.toSatisfy((at: number) => Math.abs(at - Date.now() - ms) < 5_000)
  try {
    expect(await said()).toEqual([isAbout(HOUR_MS), isAbout(HOUR_MS), 5, 24 * HOUR_MS, true])
    writeFileSync(file, String(-HOUR_MS))
    child.kill('SIGUSR2')
    expect(await said()).toEqual([isAbout(-HOUR_MS), isAbout(-HOUR_MS), 5, 24 * HOUR_MS, true])
  } finally {
    child.kill('SIGKILL')
  }
})
