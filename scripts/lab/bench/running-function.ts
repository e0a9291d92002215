// The functions that are measured: one instance of each at a time, as it is deployed.
import { join } from 'node:path'
import type { Client } from 'pg'
import { roleOf } from '../../database/roles.ts'
import { entryPoints } from '../../deploy/entry-points.ts'
import { openProcessLog, type ProcessLog } from '../../local/process-log.ts'
import { startLabFunction } from '../stand/lab-function.ts'
import type { LabStand } from '../stand/lab-stand.ts'
import { countConnections } from './clients.ts'
import { peakRssMb } from './peak-memory.ts'

export interface RunningFunction {
  readonly port: number
  pid(): number
  /** See peak-memory.ts. */
  peakRssMb(): number | null
  /** Counts the connections of its role; see clients.ts. */
  countConnections(): () => Promise<number>
  /** SIGTERM, as the platform does it. Safe to repeat. */
  stop(): Promise<void>
}

export interface StarterOptions {
  /** Holds dist/<function>/, logs/ and run/. */
  readonly folder: string
  /** This process's environment. */
  readonly own: Readonly<Record<string, string | undefined>>
  /** Where they leave their CPU profiles when they end; undefined: nowhere. */
  readonly profiles: string | undefined
  readonly show: (line: string) => void
  readonly admin: Client
  readonly stand: LabStand
}

/** Starts an instance of a function and resolves when it takes connections. The instance before it is stopped first. */
export type StartFunction = (
  functionName: string,
  /** Variables beside those that it has anyway, or in their place. */
  more?: Readonly<Record<string, string>>,
) => Promise<RunningFunction>

/** Makes the function that starts functions. What stops them is put on `parts`. */
export function functionStarter(options: StarterOptions, parts: AsyncDisposableStack): StartFunction {
  const logs = new Map<string, ProcessLog>()
  const running = new Map<string, RunningFunction>()
  parts.defer(async () => {
    await Promise.all([...running.values()].map((one) => one.stop()))
    await Promise.all([...logs.values()].map((log) => log.close()))
  })
  return async (name, more) => {
    await running.get(name)?.stop()
    const path = join(options.folder, 'logs', `${name}.log`)
    const log = logs.get(name) ?? openProcessLog({ clock: Date.now, show: options.show }, name, path)
    logs.set(name, log)
    const source = join(options.folder, 'dist', name, 'index.js')
    const environment = { ...environmentOf(options, name), ...more }
    const started = await startLabFunction({ log, folder: options.folder }, { name, source, environment })
    const pid = started.pid()
    const one: RunningFunction = {
      port: started.port,
      pid: () => pid,
      peakRssMb: () => peakRssMb(pid),
      countConnections: () => countConnections(options.admin, roleOf(name)),
      stop: () => started.stop(),
    }
    running.set(name, one)
    return one
  }
}

/** The environment of a function; a bare server that is measured next to them gets only what any program needs. */
function environmentOf({ stand, own, profiles }: StarterOptions, name: string): Readonly<Record<string, string>> {
  if (!entryPoints.some((entry) => entry.name === name)) return { PATH: own['PATH'] ?? '', NODE_ENV: 'production' }
  const { environment } = stand.settingsOf(name, { own })
  if (profiles === undefined) return environment
  const nodeOptions = `${environment['NODE_OPTIONS'] ?? ''} --cpu-prof --cpu-prof-dir=${profiles}`
  return { ...environment, NODE_OPTIONS: nodeOptions }
}
