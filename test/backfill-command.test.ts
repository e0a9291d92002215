// npm run backfill as it is called: against the function over HTTP, and for an import against the database.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BackfillStand, openBackfillStand } from './support/http/backfill-stand.ts'

let stand: BackfillStand
let folder: string
beforeAll(async () => {
  stand = await openBackfillStand()
  folder = mkdtempSync(join(tmpdir(), 'penstock-backfill-'))
})
afterAll(async () => {
  await stand.close()
  rmSync(folder, { recursive: true })
})

function launch(...args: readonly string[]) {
  const env = { ...process.env, PENSTOCK_URL: stand.url, PENSTOCK_KEY: 'none', DATABASE_URL: stand.database.url }
  const child = spawn(process.execPath, ['scripts/penstock.ts', 'backfill', ...args], { env })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }))
  return { child, ended }
}
const run = async (...args: readonly string[]) => await launch(...args).ended

describe('a job from the command line', { timeout: 90_000 }, () => {
  it('is started, survives the death of its worker, and is done by the next', async () => {
    const started = await run('start', '--type', 'test', '--from', '0', '--to', '29', '--by', 'a person')
    expect(started).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/) })
    const id = started.stdout.trim()
    const file = join(folder, 'blocks')
    const dying = launch('work', id, '--command', 'sleep 60', '--size', '10', '--workers', '1', '--lease', '1')
    await expect.poll(async () => (await stand.states(id)).leased, { timeout: 20_000 }).toBe(1)
    dying.child.kill('SIGKILL')
    await once(dying.child, 'exit')
    const { code, stderr } = await run('work', id, '--command', `seq {start} {end} >> ${file}`, '--size', '10')
    expect([code, stderr]).toEqual([0, expect.stringMatching(/3 ranges .* 0 failed\nthe job is completed\n$/)])
    const blocks = readFileSync(file, 'utf8').trim().split('\n').map(Number)
    expect(blocks.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i))
    expect((await run('status', id)).stdout).toMatch(/^status +completed$/m)
    expect((await run('list', '--type', 'test')).stdout).toContain(`${id} | test | completed | 100.0 %`)
  })

  it('gives its ranges back on Ctrl-C', async () => {
    const id = (await run('start', '--type', 'test', '--from', '0', '--to', '9')).stdout.trim()
    const worker = launch('work', id, '--command', 'sleep 60')
    await expect.poll(async () => (await stand.states(id)).leased, { timeout: 20_000 }).toBe(1)
    worker.child.kill('SIGINT')
    expect(await worker.ended).toMatchObject({ code: 130, stderr: expect.stringContaining('interrupted') })
    expect(await stand.states(id)).toEqual({ leased: 0, done: 0, status: 'running' })
  })

  it('is refused in the function’s words, and what makes no sense with the usage', async () => {
    const refused = await run('start', '--type', 't', '--from', '2', '--to', '1')
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('400 end_block must be greater')])
    const misused = await run('work')
    expect([misused.code, misused.stderr]).toEqual([2, expect.stringContaining('usage: penstock backfill')])
  })
})

describe('an import of many files', { timeout: 90_000 }, () => {
  const points = async (): Promise<number> =>
    (await stand.database.query<{ n: number }>('select count(*)::int as n from stored_point'))[0]?.n ?? -1

  it('has a range for each file, goes on where it ended, and is done once', async () => {
    const files = ['a', 'b', 'c'].map((name) => join(folder, `${name}.csv`))
    for (const [i, file] of files.entries()) writeFileSync(file, `time,level\n2026-11-0${i + 1} 12:00,${i}\n`)
    writeFileSync(files[1] ?? '', '')
    const args = ['import', ...files, '--service', '{file}', '--workers', '2']
    const broken = await run(...args)
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringMatching(/block 1 failed: .*b\.csv is empty/s) })
    expect([broken.stdout.match(/stored +1 points/g)?.length, await points()]).toEqual([2, 2])
    expect(await run(...args, '--dry-run')).toMatchObject({ code: 2, stderr: expect.stringContaining('--dry-run') })
    writeFileSync(files[1] ?? '', 'time,level\n2026-11-02 12:00,1\n')
    const mended = await run(...args)
    expect(mended).toMatchObject({ code: 0, stderr: expect.stringMatching(/^resuming job .*is completed\n$/s) })
    expect(mended.stdout.match(/stored +1 points/g)).toHaveLength(1)
    expect(await points()).toBe(3)
    utimesSync(files[1] ?? '', 0, 0)
    expect((await run(...args)).stderr).toContain('these files were imported by job')
  })
})
