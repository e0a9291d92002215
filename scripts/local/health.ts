// Checks whether the suite is well: its database, and the running functions.

import { send } from '../cli/send.ts'
import type { LocalFunction } from './functions.ts'

const REMEMBERED_MS = 2_000
const ASK_MS = 2_000

export interface HealthDeps {
  readonly clock: () => number
  readonly isDatabaseUp: () => Promise<boolean>
  readonly functions: readonly LocalFunction[]
}

/**
 * Makes the function that returns the names of the parts that are down. Its result is cached for 2 s, and concurrent callers share it.
 */
export function healthOf(deps: HealthDeps): () => Promise<readonly string[]> {
  let asked = Number.NEGATIVE_INFINITY
  let known: Promise<readonly string[]> = Promise.resolve([])
  return () => {
    if (deps.clock() - asked >= REMEMBERED_MS) {
      asked = deps.clock()
      known = ask(deps)
    }
    return known
  }
}

async function ask({ isDatabaseUp, functions }: HealthDeps): Promise<readonly string[]> {
  const answers = await Promise.all([
    isDatabaseUp().then((up) => (up ? [] : ['database'])),
    ...functions.filter((one) => one.isRunning()).map(async (one) => ((await isHealthy(one)) ? [] : [one.name])),
  ])
  return answers.flat()
}

async function isHealthy(one: LocalFunction): Promise<boolean> {
  try {
    const url = `http://127.0.0.1:${await one.port()}/health`
    return (await send(url, { method: 'GET', timeoutMs: ASK_MS })).status === 200
  } catch {
    return false
  }
}
