// One instance of a function: a process that is started again when it ends, like the platform does.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { freePort } from '../../../database/postgres.ts'
import { accepts, type FunctionSettings, spawnFunction } from '../../../local/function-process.ts'
import type { ProcessLog } from '../../../local/process-log.ts'

/** One process of an instance. */
export interface Life {
  /** `metrics-ingest#2.1` is the first process of the second instance. */
  readonly label: string
  readonly child: ChildProcess
  readonly port: number
  readonly http: Pool
  /** True while it accepts connections and has not ended. */
  isUp: boolean
  /** True when we killed it, which cuts its current requests. */
  killed: boolean
  /** The time of its SIGTERM, in milliseconds of the monotonic clock. */
  endingSince: number | undefined
}

export interface Instance {
  readonly label: string
  readonly functionName: string
  /** Returns every process that has not ended: the newest, and older ones that got SIGTERM. */
  lives(): readonly Life[]
  /** Returns the newest process. @throws {Error} when none accepts requests within 30 s. */
  readonly alive: () => Promise<Life>
  /** Kills the process; it is started again at once. */
  kill(): void
  /**
   * Sends SIGTERM; resolves when the process has ended. The next one starts at the same time, unless it is the last one. Safe to repeat.
   */
  end(options: { readonly last: boolean }): Promise<void>
}

export interface InstanceDeps {
  readonly log: ProcessLog
  readonly settings: FunctionSettings
  readonly label: string
  /** Called with a sentence when it did not end within the limit. */
  readonly complain: (sentence: string) => void
}

const ALIVE_MS = 30_000
/** The platform kills a process ten seconds after SIGTERM. */
const END_MS = 10_000
/** Longer than any function takes to answer: a client that stops waiting earlier would not know the result of its request. */
const ANSWER_MS = 75_000
const CONNECTIONS = 256

interface State {
  readonly deps: InstanceDeps
  readonly lives: Set<Life>
  begun: number
  current: Life | undefined
  /** True when no process is started any more. */
  over: boolean
}

/** Starts an instance; a failed start is reported and tried again. */
export function startInstance(deps: InstanceDeps): Instance {
  const state: State = { deps, lives: new Set(), begun: 0, current: undefined, over: false }
  void begin(state)
  return {
    label: deps.label,
    functionName: deps.settings.name,
    lives: () => [...state.lives],
    alive: async () => await alive(state),
    kill() {
      if (!state.current) return
      state.current.killed = true
      state.current.child.kill('SIGKILL')
    },
    async end({ last }) {
      const ending = [...state.lives]
      state.current = undefined
      if (last) state.over = true
      else void begin(state)
      await Promise.all(ending.map(endLife))
    },
  }
}

async function begin(state: State): Promise<void> {
  const { deps, lives } = state
  const port = await freePort()
  if (state.over) return
  const life = spawnLife({ ...deps, label: `${deps.label}.${++state.begun}` }, port)
  state.current = life
  lives.add(life)
  life.child.once('exit', () => {
    lives.delete(life)
    if (state.current !== life) return
    state.current = undefined
    if (!state.over) void begin(state)
  })
  try {
    await accepts(life.child, port, deps.log)
    life.isUp = true
  } catch (error) {
    if (!life.killed && life.endingSince === undefined) deps.complain(`${deps.label}: ${(error as Error).message}`)
  }
}

async function alive(state: State): Promise<Life> {
  const deadline = performance.now() + ALIVE_MS
  for (;;) {
    const life = state.current
    // A process that was killed a moment ago may still be running.
    if (life?.isUp && !life.killed) return life
    if (performance.now() > deadline) throw new Error(`${state.deps.label} takes no requests`)
    await sleep(10)
  }
}

function spawnLife({ label, settings, log, complain }: InstanceDeps, port: number): Life {
  const life: Life = {
    label,
    child: spawnFunction({ log, show: complain }, settings, port),
    port,
    http: new Pool(`http://127.0.0.1:${port}`, {
      connections: CONNECTIONS,
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
    }),
    isUp: false,
    killed: false,
    endingSince: undefined,
  }
  life.child.once('exit', (code, signal) => {
    life.isUp = false
    void life.http.close()
    const asked = life.killed ? signal === 'SIGKILL' : life.endingSince !== undefined && code === 0
    if (!asked) complain(`${label} ended by ${signal ?? `exit code ${code}`}`)
  })
  return life
}

async function endLife(life: Life): Promise<void> {
  const { child } = life
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  if (life.endingSince === undefined) {
    life.endingSince = performance.now()
    // A stopped process receives no signal until it continues.
    child.kill('SIGCONT')
    child.kill('SIGTERM')
  }
  const late = setTimeout(() => child.kill('SIGKILL'), END_MS)
  await ended
  clearTimeout(late)
}
