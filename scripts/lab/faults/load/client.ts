// One client of a load: it sends one request after the other, repeats each until it is acknowledged, and records every answer.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../random.ts'
import type { Fleet } from '../stand/fleet.ts'
import type { Life } from '../stand/instance.ts'
import { complain, type Tally } from '../tally.ts'
import { type Answer, ask } from './ask.ts'
import type { Ledger } from './ledger.ts'
import type { Job } from './producer.ts'

/** The state that all clients of a load share. */
export interface Shared {
  readonly fleet: Fleet
  readonly ledger: Ledger
  readonly tally: Tally
  /** Clients wait for it before they send anything. */
  gate: PromiseWithResolvers<void> | undefined
  inFlight: number
}

/** Describes when and how clients stop. */
export interface Leaving {
  /** The time at which they must stop; infinite before that is known. */
  at: number
  /** True when each repeats its current request until it is acknowledged, for 20 s at most. */
  insists: boolean
}

export interface ClientPlan {
  readonly random: Random
  readonly next: () => Job
  /** Maximum milliseconds between two requests. */
  readonly thinkMs: number
  readonly leaving: Leaving
}

const GIVE_UP_MS = 20_000
/** Number of attempts after which a client may continue with newer values instead. */
const PATIENCE = 2
const GOES_ON = 0.3

/** Sends requests until it must stop. Never throws: an answer that a client must not see becomes a complaint in the tally. */
export async function runClient(shared: Shared, plan: ClientPlan): Promise<void> {
  const { leaving } = plan
  const stays = (): boolean => performance.now() < leaving.at
  while (stays()) {
    await shared.gate?.promise
    const job = plan.next()
    for (let attempt = 1; await mustRepeat(shared, job); attempt++) {
      const goesOn = stays() ? attempt >= PATIENCE && plan.random.chance(GOES_ON) : !leaving.insists
      if (goesOn) break
      if (performance.now() > leaving.at + GIVE_UP_MS) {
        complain(shared.tally, 'a request was never acknowledged')
        break
      }
      await sleep(20 + plan.random.below(200))
      await shared.gate?.promise
    }
    await sleep(plan.random.next() * plan.thinkMs)
  }
}

/** Sends a request once; returns true when it was not acknowledged and may be sent again. */
async function mustRepeat(shared: Shared, job: Job): Promise<boolean> {
  try {
    const { kind } = await sendOnce(shared, job, await shared.fleet.route(job.functionName))
    return job.repeatable && kind !== 'acknowledged' && kind !== 'wrong'
  } catch (error) {
    complain(shared.tally, (error as Error).message)
    return false
  }
}

/** Makes one attempt at this instance, and records it in the ledger and in the tally. */
export async function sendOnce(shared: Shared, job: Job, life: Life): Promise<Answer> {
  const { ledger, tally } = shared
  shared.inFlight++
  const attempt = ledger.begin(job.wanted)
  const answer = await ask(life.http, job.question)
  shared.inFlight--
  ledger.end(job.wanted, attempt, answer.kind === 'acknowledged' ? 'acknowledged' : 'unknown')
  tally.counts[answer.kind]++
  if (answer.kind === 'acknowledged') {
    tally.successes.push({ sentAt: attempt.sentAt, endedAt: attempt.endedAt, label: life.label })
    checkCount(tally, job, answer.body)
    rememberId(ledger, job, answer.body)
  } else tally.failures.push(attempt.endedAt)
  if (answer.kind === 'wrong' || (answer.kind === 'cut' && !life.killed))
    complain(tally, `${life.label} answered ${job.question.method} ${job.question.path}: ${answer.why}`)
  return answer
}

function checkCount(tally: Tally, { accepted }: Job, body: string): void {
  if (accepted === undefined) return
  const { accepted: counted } = JSON.parse(body) as { accepted: number }
  if (counted !== accepted) complain(tally, `${accepted} points were acknowledged as ${counted}`)
}

function rememberId({ ids }: Ledger, { row }: Job, body: string): void {
  if (row === undefined) return
  const { id } = JSON.parse(body) as { id: string }
  ids.set(row, (ids.get(row) ?? new Set()).add(id))
}
