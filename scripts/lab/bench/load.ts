// The parent process's side of the load generator.
import { type ChildProcess, fork } from 'node:child_process'
import type { LoadAnswer, LoadOrder, LoadPlan } from './load-generator.ts'
import type { Slice, Subject } from './measure.ts'

export interface Load extends Subject {
  /** Points (or requests, for loads that only read) that were acknowledged since the load was opened. */
  acknowledged(): number
}

export interface LoadGenerator {
  /** Begins another load and ends the previous one. */
  open(plan: LoadPlan): Promise<Load>
  /** The largest share of a core that the generator itself used in a slice. Near 1 it measured itself. */
  coresUsed(): number
  close(): void
}

/** Starts the generator's process. Its failures are shown, each kind once per load. */
export function startLoadGenerator(show: (line: string) => void): LoadGenerator {
  const child = fork(new URL('load-generator.ts', import.meta.url), { serialization: 'advanced' })
  let coresUsed = 0
  const give = async (order: LoadOrder): Promise<LoadAnswer> => {
    const answer = await answerTo(child, order)
    if (answer.answer === 'failed') throw new Error(`load generator: ${answer.message}`)
    return answer
  }
  return {
    async open(plan) {
      await give({ order: 'open', plan })
      const shown = new Set<string>()
      let acknowledged = 0
      return {
        async run(ms): Promise<Slice> {
          const answer = await give({ order: 'run', ms })
          if (answer.answer !== 'ran') throw new Error(`load generator: ${answer.answer} is not an answer to a run`)
          for (const failure of answer.failures) if (!shown.has(failure)) show(`  failed: ${failure}`)
          for (const failure of answer.failures) shown.add(failure)
          coresUsed = Math.max(coresUsed, answer.coresUsed)
          acknowledged += answer.slice.count
          return answer.slice
        },
        acknowledged: () => acknowledged,
      }
    },
    coresUsed: () => coresUsed,
    close: () => void child.kill('SIGKILL'),
  }
}

async function answerTo(child: ChildProcess, order: LoadOrder): Promise<LoadAnswer> {
  return await new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the load generator has ended'))
    child.once('exit', ended)
    child.once('message', (answer) => {
      child.off('exit', ended)
      resolve(answer as LoadAnswer)
    })
    if (child.connected) child.send(order)
    else ended()
  })
}
