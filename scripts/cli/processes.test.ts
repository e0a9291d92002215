import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { commandLine, endProcess, identify, isAlive } from './processes.ts'

const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

test('a living process has an identity, and keeps it', () => {
  const identity = identify(process.pid)

  expect(identity).toEqual(identify(process.pid))
  expect(identity && isAlive(identity)).toBe(true)
})

test('processes that began at different times have different beginnings', async () => {
  const child = await running('')

  expect(identify(child.pid ?? 0)?.began).not.toBe(identify(process.pid)?.began)
})

test('a process that ended has no identity', async () => {
  const child = await running('')
  const pid = child.pid ?? 0
  const identity = identify(pid)
  child.kill('SIGKILL')
  await once(child, 'exit')

  expect(identify(pid)).toBeUndefined()
  expect(identity && isAlive(identity)).toBe(false)
})

test.each([0, -1, 1, Number.NaN, 2 ** 40])('%d is no process of ours', (pid) => {
  expect(identify(pid)).toBeUndefined()
  expect(commandLine(pid)).toEqual([])
})

test('the command line is given word by word', async () => {
  const child = await running('', 'two words')

  expect(commandLine(child.pid ?? 0)).toContain('two words')
})

test('a process that took over the pid of an ended one is left alone', async () => {
  const child = await running('')

  await endProcess({ pid: child.pid ?? 0, began: 'another time' }, 'SIGTERM', 200)

  expect(identify(child.pid ?? 0)).toBeDefined()
})

test('a process that ignores the signal is killed when patience ends', async () => {
  const child = await running(`process.on('SIGTERM', () => {})`)
  const identity = identify(child.pid ?? 0)
  const exited = once(child, 'exit')
  if (identity) await endProcess(identity, 'SIGTERM', 100)

  expect(await exited).toEqual([null, 'SIGKILL'])
})

test('a process that heeds the signal is not killed', async () => {
  const child = await running(`process.on('SIGTERM', () => process.exit(7))`)
  const identity = identify(child.pid ?? 0)
  const exited = once(child, 'exit')
  if (identity) await endProcess(identity, 'SIGTERM', 5_000)

  expect(await exited).toEqual([7, null])
})

async function running(script: string, ...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [
    '-e',
    `${script};console.log('up');setInterval(() => {}, 1000)`,
    '--',
    ...args,
  ])
  children.push(child)
  await once(child.stdout ?? child, 'data')
  return child
}
