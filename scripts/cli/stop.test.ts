// A program whose output nobody reads ends, and does not report for ever that it cannot report.
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, it, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

type Stream = 'stdout' | 'stderr'

interface Ended {
  readonly code: number | null
  readonly killedBy: NodeJS.Signals | null
}

/** Runs Node without readers of these streams. A program that is still there after 20 s is killed. */
async function runWithoutReaders(streams: readonly Stream[], args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  for (const stream of ['stdout', 'stderr'] as const) {
    if (streams.includes(stream)) child[stream].destroy()
    else child[stream].resume()
  }
  return await new Promise((resolve) => child.on('exit', (code, killedBy) => resolve({ code, killedBy })))
}

/** A program that never ends by itself, writes to both streams, and reports what it did not catch, as the local suite does. */
const endless = `
import { print, say, sayError } from './scripts/cli/output.ts'
import { endWithoutReader, stopSignal } from './scripts/cli/stop.ts'
endWithoutReader()
process.on('uncaughtException', (error) => sayError(error))
setInterval(() => { print('result'); say('progress') }, 5)
`
const cleansUp = `${endless}
stopSignal().addEventListener('abort', () => { say('stopping'); setTimeout(() => { say('stopped'); process.exit(7) }, 200) })`

it.each([
  [['stdout', 'stderr'], endless, [0, 1]],
  [['stdout'], endless, [0]],
  [['stderr'], endless, [1]],
  [['stdout', 'stderr'], cleansUp, [7]],
  [['stdout'], cleansUp, [7]],
  [['stderr'], cleansUp, [7]],
] as const)(
  'without a reader of %j, an endless program ends',
  async (streams, program, codes) => {
    const ended = await runWithoutReaders(streams, ['--input-type=module', '--eval', program])
    expect(ended.killedBy).toBeNull()
    expect(codes).toContain(ended.code)
  },
  60_000,
)

it.each([
  [['completion', 'bash'], [0]],
  [['--help'], [0]],
  [
    ['keys', 'crate'],
    [1, 2],
  ],
  [['archive', 'list', '--url', 'http://127.0.0.1:1', '--key', 'none'], [1]],
] as const)(
  'penstock %j ends without any reader',
  async (args, codes) => {
    const ended = await runWithoutReaders(['stdout', 'stderr'], ['scripts/penstock.ts', ...args])
    expect(ended.killedBy).toBeNull()
    expect(codes).toContain(ended.code)
  },
  60_000,
)

test('no module of a command listens to the process when it is loaded', () => {
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection']
  const program = `
    import { describeProgram } from './scripts/program/program.ts'
    import { table } from './scripts/program/table.ts'
    await describeProgram(table, table)
    console.log(JSON.stringify(${JSON.stringify(names)}.filter((name) => process.listenerCount(name) > 0)))`
  const found = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: root })
  expect(JSON.parse(found.toString())).toEqual([])
}, 60_000)

test('a command whose reader is slow ends after its last line has been read', async () => {
  const child = spawn(process.execPath, ['scripts/penstock.ts', 'texts', '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const pieces: Buffer[] = []
  for await (const piece of child.stdout) pieces.push(piece as Buffer)
  const texts = JSON.parse(Buffer.concat(pieces).toString()) as readonly unknown[]
  expect(texts.length).toBeGreaterThan(1_000)
}, 30_000)
