// A lock that allows one suite per checkout: .penstock/suite.pid names the process that holds it.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identify, isAlive, type ProcessIdentity } from '../cli/processes.ts'

/** The process that holds the lock, and the URL under which it announced itself. */
export interface Holder extends ProcessIdentity {
  readonly url: string
}

/** Another suite runs in this checkout. */
export class AlreadyRunning extends Error {
  readonly holder: Holder

  constructor(holder: Holder) {
    super(`a suite of this checkout runs already: ${holder.url} (process ${holder.pid})`)
    this.name = 'AlreadyRunning'
    this.holder = holder
  }
}

/**
 * Takes the lock of a state folder and returns the function that releases it. The lock of a killed suite counts as free.
 * @throws {AlreadyRunning} when another process holds it.
 */
export function takeLock(folder: string, url: string): () => void {
  const self = identify(process.pid)
  if (!self) throw new Error('cannot see its own process: /proc (or ps) is needed')
  const path = join(folder, 'suite.pid')
  const claim = `${path}.${process.pid}`
  mkdirSync(folder, { recursive: true })
  writeFileSync(claim, JSON.stringify({ ...self, url }))
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      if (linked(claim, path)) return () => rmSync(path, { force: true })
      const holder = readHolder(path)
      if (holder && isAlive(holder)) throw new AlreadyRunning(holder)
      clearAway(path, holder)
    }
  } finally {
    rmSync(claim, { force: true })
  }
  throw new Error(`cannot take ${path}: other starts take and leave it all the time`)
}

/** When two processes link at the same time, one of them succeeds. */
function linked(claim: string, path: string): boolean {
  try {
    linkSync(claim, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

/** Moves a dead lock aside. Another start may have replaced it after we looked: its lock is then put back. */
function clearAway(path: string, dead: Holder | undefined): void {
  const aside = `${path}.${process.pid}.dead`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  const moved = readHolder(aside)
  if (moved && moved.began !== dead?.began) linked(aside, path)
  rmSync(aside, { force: true })
}
