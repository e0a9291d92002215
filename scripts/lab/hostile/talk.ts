// Sends a request's bytes, and reads the answer.
import { connect, type Socket } from 'node:net'
import { type Answer, answerReader } from './answers.ts'
import type { HostileRequest } from './hostile-request.ts'

export interface Outcome {
  readonly answers: readonly Answer[]
  /** The state of the connection: open and usable, ended by the other side, or neither answered nor ended in time. */
  readonly end: 'open' | 'ended' | 'late'
  /** The fault of the answer, as a sentence. */
  readonly broken: string | undefined
  readonly ms: number
}

type Sent = Pick<HostileRequest, 'bytes' | 'manner' | 'method' | 'slow'>

export interface Talker {
  /** Sends one request after the other: `kept` ones on one connection, each other one on its own. Never throws. */
  ask(port: number, request: Sent): Promise<Outcome>
  close(): void
}

/** Makes a client that waits 20 s for an answer, or a minute for a slow one. */
export function createTalker(): Talker {
  const kept = new Map<number, Socket>()
  return {
    async ask(port, request) {
      if (request.manner !== 'kept') return await exchange(open(port), request)
      const socket = kept.get(port) ?? open(port)
      kept.set(port, socket)
      const outcome = await exchange(socket, request)
      if (outcome.end !== 'open') kept.delete(port)
      return outcome
    },
    close() {
      for (const socket of kept.values()) socket.destroy()
      kept.clear()
    },
  }
}

function open(port: number): Socket {
  // Half open: the other side may still send after our side has ended.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  // A reset counts as an end without an answer.
  socket.on('error', () => {})
  return socket
}

interface Patience {
  readonly limitMs: number
  /** When nothing has arrived for this long, the request is incomplete and the other side waits for the rest. */
  readonly quietMs: number
  /** The same after an answer, when the next one of several is in progress already. */
  readonly quietAfterMs: number
}

/** Once our side has ended, node's server drops unanswered requests, so a whole request must have its time before that. */
const quick: Patience = { limitMs: 20_000, quietMs: 6_000, quietAfterMs: 500 }
/** Bodies have a minute. */
const patient: Patience = { limitMs: 100_000, quietMs: 12_000, quietAfterMs: 6_000 }

async function exchange(socket: Socket, { bytes, manner, method, slow }: Sent): Promise<Outcome> {
  const { limitMs, quietMs, quietAfterMs } = slow ? patient : quick
  const begun = performance.now()
  const answers: Answer[] = []
  const reader = answerReader(method)
  const { promise, resolve } = Promise.withResolvers<Pick<Outcome, 'end' | 'broken'>>()
  const timer = setTimeout(() => resolve({ end: 'late', broken: undefined }), limitMs)
  const finish = (): void => void socket.end()
  let quiet = manner === 'finished' ? setTimeout(finish, quietMs) : undefined
  const onData = (chunk: Buffer): void => {
    try {
      answers.push(...reader.take(chunk))
    } catch (error) {
      resolve({ end: 'ended', broken: (error as Error).message })
      return
    }
    if (manner === 'kept' && isLast(answers)) resolve({ end: 'open', broken: extra(reader.begun()) })
    // Permission to send the body (100) is not an answer.
    if (!quiet || answers.length === 0) return
    clearTimeout(quiet)
    quiet = setTimeout(finish, quietAfterMs)
  }
  // A request that was not recognised as HEAD is answered with a body.
  const onEnd = (): void => resolve({ end: 'ended', broken: method === 'HEAD' ? undefined : extra(reader.begun()) })
  socket.on('data', onData).once('end', onEnd).once('close', onEnd)
  socket.write(bytes, () => manner === 'cut' && socket.destroy())
  const { end, broken } = await promise
  for (const one of [timer, quiet]) clearTimeout(one)
  socket.off('data', onData).off('end', onEnd).off('close', onEnd)
  if (end !== 'open') socket.destroy()
  return { answers, end, broken, ms: performance.now() - begun }
}

const isLast = (answers: readonly Answer[]): boolean =>
  answers.length > 0 && answers.at(-1)?.headers['connection'] !== 'close'

const extra = (bytes: number): string | undefined =>
  bytes === 0 ? undefined : `${bytes} bytes that are not a whole answer`
