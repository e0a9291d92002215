// The measured functions: one instance of each at a time, as deployed.
import { join } from 'node:path'
import type { Client } from 'pg'
import { roleOf } from '../../database/roles.ts'
import { deploymentsOf } from '../../deploy/deployments.ts'
import { openProcessLog, type ProcessLog } from '../../local/process-log.ts'
import { startLabFunction } from '../stand/lab-function.ts'
import type { LabStand } from '../stand/lab-stand.ts'
import { countConnections } from './clients.ts'
import { peakRssMb } from './peak-memory.ts'

export interface RunningFunction {
  readonly port: number
  pid(): number
  /** The result of peak-memory.ts. */
  peakRssMb(): number | null
  /** Counts the connections of its role: see clients.ts. */
  countConnections(): () => Promise<number>
  /** Sends SIGTERM, like the platform. Safe to repeat. */
  stop(): Promise<void>
}

export interface StarterOptions {
  /** Holds dist/<function>/, logs/ and run/. */
  readonly folder: string
  /** The environment of this process. */
  readonly own: Readonly<Record<string, string | undefined>>
  /** Folder for the CPU profiles that functions write when they end; undefined for none. */
  readonly profiles: string | undefined
  readonly show: (line: string) => void
  readonly admin: Client
  readonly stand: LabStand
}

/** Starts an instance of a function and resolves when it accepts connections. The previous instance is stopped first. */
export type StartFunction = (
  functionName: string,
  /** Additional variables, or replacements. */
  more?: Readonly<Record<string, string>>,
) => Promise<RunningFunction>

/** Makes the function that starts functions. The steps that stop them are put on `parts`. */
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

/** Returns the environment of a function; a plain server that is measured next to them gets only the variables that any program needs. */
function environmentOf({ stand, own, profiles }: StarterOptions, name: string): Readonly<Record<string, string>> {
  if (!deploymentsOf(stand.tier).some((deployment) => deployment.name === name))
    return { PATH: own['PATH'] ?? '', NODE_ENV: 'production' }
  const { environment } = stand.settingsOf(name, { own })
  if (profiles === undefined) return environment
  const nodeOptions = `${environment['NODE_OPTIONS'] ?? ''} --cpu-prof --cpu-prof-dir=${profiles}`
  return { ...environment, NODE_OPTIONS: nodeOptions }
}
