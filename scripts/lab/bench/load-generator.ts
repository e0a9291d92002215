// The load generator: a process of its own, so that its cost is known and does not affect the measured process.
import { setTimeout as sleep } from 'node:timers/promises'
import { type HttpConnection, openConnection } from './http-connection.ts'
import type { Slice } from './measure.ts'
import { type NextRequest, pointsOf, type RequestOptions, requestSource } from './requests.ts'

export interface LoadPlan extends RequestOptions {
  readonly port: number
  /** Connections, each with one request at a time. */
  readonly concurrency: number
  readonly timeoutMs: number
}

/** Messages of the parent. A plan replaces the previous one, and a run executes it. */
export type LoadOrder =
  | { readonly order: 'open'; readonly plan: LoadPlan }
  | { readonly order: 'run'; readonly ms: number }

/** The answer to each order. */
export type LoadAnswer =
  | { readonly answer: 'opened' }
  | { readonly answer: 'ran'; readonly slice: Slice; readonly coresUsed: number; readonly failures: readonly string[] }
  | { readonly answer: 'failed'; readonly message: string }

interface Worker {
  readonly next: NextRequest
  connection: HttpConnection | undefined
}

/** Pause before a connection is opened again after a failure. */
const FAILED_MS = 50
const NAMED_FAILURES = 5

let plan: LoadPlan | undefined
let workers: readonly Worker[] = []

process.on('message', (order: LoadOrder) => {
  void obey(order)
    .catch((error: unknown): LoadAnswer => ({ answer: 'failed', message: (error as Error).message }))
    .then((answer) => process.send?.(answer))
})
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole process group, but the parent decides and disconnects.
process.on('SIGINT', () => {})

async function obey(order: LoadOrder): Promise<LoadAnswer> {
  if (order.order === 'run') return await run(order.ms)
  for (const worker of workers) worker.connection?.close()
  plan = order.plan
  const open = requestSource(plan)
  workers = Array.from({ length: plan.concurrency }, () => ({ next: open(), connection: undefined }))
  return { answer: 'opened' }
}

async function run(ms: number): Promise<LoadAnswer> {
  if (!plan) throw new Error('there is no plan')
  const { port, timeoutMs, recipe } = plan
  const latenciesMs: number[] = []
  const failures = new Set<string>()
  let errors = 0
  const cpu = process.cpuUsage()
  const begun = performance.now()
  const once = async (worker: Worker): Promise<void> => {
    const request = worker.next()
    const from = performance.now()
    try {
      worker.connection ??= await openConnection(port, timeoutMs)
      const { status } = await worker.connection.send(request)
      if (status < 200 || status > 299) throw new Error(`status ${status}`)
      latenciesMs.push(performance.now() - from)
    } catch (error) {
      errors++
      if (failures.size < NAMED_FAILURES) failures.add((error as Error).message)
      worker.connection?.close()
      worker.connection = undefined
      await sleep(FAILED_MS)
    }
  }
  await Promise.all(
    workers.map(async (worker) => {
      while (performance.now() - begun < ms) await once(worker)
    }),
  )
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const count = latenciesMs.length * Math.max(1, pointsOf(recipe))
  const slice = { count, seconds, latenciesMs, errors }
  return { answer: 'ran', slice, coresUsed: (user + system) / 1e6 / seconds, failures: [...failures] }
}
