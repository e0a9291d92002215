// The functions that are measured: one instance of each at a time, as it is deployed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from 'pg'
import { roleOf } from '../../database/roles.ts'
import { entryPoints } from '../../deploy/entry-points.ts'
import { type FunctionKeys, functionEnvironment } from '../../local/function-environment.ts'
import { localFunction } from '../../local/functions.ts'
import { openProcessLog, type ProcessLog } from '../../local/process-log.ts'
import { countConnections } from './clients.ts'
import { peakRssMb } from './peak-memory.ts'

export interface RunningFunction {
  readonly port: number
  /** See peak-memory.ts. */
  peakRssMb(): number | null
  /** Of its role; see clients.ts. */
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
  readonly databaseUrlOf: (functionName: string) => string
  readonly issuer: { readonly issuer: string; readonly jwksUrl: string }
  readonly keys: FunctionKeys
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
    const pidFolder = join(options.folder, 'run')
    const started = localFunction(
      { pidFolder, log, show: () => {} },
      {
        name,
        source: join(options.folder, 'dist', name, 'index.js'),
        environment: { ...environmentOf(options, name), ...more },
      },
    )
    const port = await started.port()
    const { pid } = JSON.parse(readFileSync(join(pidFolder, `${name}.pid`), 'utf8')) as { pid: number }
    const one: RunningFunction = {
      port,
      peakRssMb: () => peakRssMb(pid),
      countConnections: () => countConnections(options.admin, roleOf(name)),
      stop: () => started.stop(),
    }
    running.set(name, one)
    return one
  }
}

/** Of what is none of our functions: nothing but what any program needs. */
function environmentOf(options: StarterOptions, name: string): Readonly<Record<string, string>> {
  const entry = entryPoints.find((one) => one.name === name)
  if (!entry) return { PATH: options.own['PATH'] ?? '', NODE_ENV: 'production' }
  const environment = functionEnvironment(entry, {
    databaseUrl: options.databaseUrlOf(name),
    issuer: options.issuer,
    keys: options.keys,
    open: false,
    own: options.own,
  })
  if (options.profiles === undefined) return environment
  const nodeOptions = `${environment['NODE_OPTIONS'] ?? ''} --cpu-prof --cpu-prof-dir=${options.profiles}`
  return { ...environment, NODE_OPTIONS: nodeOptions }
}
