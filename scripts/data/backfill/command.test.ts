import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Lease } from '../../../functions/backfill/contract.ts'
import { type Program, rangesByProgram } from './command.ts'

const folder = mkdtempSync(join(tmpdir(), 'penstock-command-'))
afterAll(() => rmSync(folder, { recursive: true }))

const lease = { start_block: 5n, end_block: 2n ** 63n - 1n, fencing_token: 7 } as Lease
const never = new AbortController().signal
const run = async (program: Program, signal = never) =>
  await rangesByProgram('job-1', process.env, () => program)(lease, signal)

describe('a command', () => {
  it('is told its range twice', async () => {
    const file = join(folder, 'told')
    const shell = `echo {job} {start} {end} {x} "$PENSTOCK_JOB $PENSTOCK_START_BLOCK $PENSTOCK_END_BLOCK $PENSTOCK_FENCING_TOKEN" > ${file}`
    expect(await run({ shell })).toEqual({ isDone: true })
    expect(readFileSync(file, 'utf8')).toBe('job-1 5 9223372036854775807 {x} job-1 5 9223372036854775807 7\n')
  })

  it.each([
    ['exit 3', 'exit 3'],
    ['echo no disk >&2; exit 1', 'exit 1: no disk'],
    ['kill -9 $$', 'SIGKILL'],
    ["printf 'a\\000b\\377' >&2; exit 1", 'exit 1: ab\ufffd'],
  ])('that ends otherwise than with 0 has failed: %s', async (shell, message) => {
    expect(await run({ shell })).toEqual({ isDone: false, message })
  })

  it('that writes much to stderr is quoted from its end', async () => {
    const result = await run({ shell: 'seq 1 100000 >&2; exit 1' })
    expect(result).toMatchObject({ isDone: false, message: expect.stringMatching(/99999\n100000$/) })
    expect(JSON.stringify(result).length).toBeLessThan(2_000)
  })

  it('that cannot be started has failed', async () => {
    const print = () => {}
    expect(await run({ file: join(folder, 'none'), args: [], print })).toMatchObject({ isDone: false })
  })

  it('ends with what it started when it is told to', async () => {
    const stop = new AbortController()
    const file = join(folder, 'started')
    const running = run({ shell: `sleep 60 & sleep 60; touch ${file}` }, stop.signal)
    setTimeout(() => stop.abort(), 100)
    expect(await running).toMatchObject({ isDone: false, message: 'SIGTERM' })
    expect(() => readFileSync(file)).toThrow('ENOENT')
  })

  it('of a program’s own has its output printed whole', async () => {
    const printed: string[] = []
    const print = (text: string) => void printed.push(text)
    expect(await run({ file: 'sh', args: ['-c', 'echo a; sleep 0.05; echo b'], print })).toEqual({ isDone: true })
    expect(printed).toEqual(['a\nb\n'])
  })
})
