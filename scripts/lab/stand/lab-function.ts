// Processes of functions under test: their settings, and a process with accessible pid, log and complaints.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootFolder } from '../../cli/state.ts'
import { deploymentsOf, moduleOf } from '../../deploy/deployments.ts'
import { type EnvironmentOptions, functionEnvironment } from '../../local/function-environment.ts'
import type { FunctionSettings } from '../../local/function-process.ts'
import { localFunction } from '../../local/functions.ts'
import type { ProcessLog } from '../../local/process-log.ts'

/** Returns everything that a function's process is started with, except its port. @throws {Error} when there is no such function. */
export function functionSettings(name: string, options: EnvironmentOptions): FunctionSettings {
  const deployment = deploymentsOf(options.tier ?? 'standard').find((candidate) => candidate.name === name)
  if (!deployment) throw new Error(`there is no function ${name}`)
  return { name, source: moduleOf(rootFolder, name), environment: functionEnvironment(deployment, options) }
}

export interface LabFunction {
  readonly name: string
  readonly port: number
  /** Returns the process's current id. */
  pid(): number
  /** Sentences about the process itself, for example that it ended. */
  readonly complaints: readonly string[]
  /** Sends SIGTERM, like the platform. Safe to repeat. */
  stop(): Promise<void>
}

/** Starts a function; resolves when it accepts connections. The folder is the stand's. */
export async function startLabFunction(
  { log, folder }: { readonly log: ProcessLog; readonly folder: string },
  settings: FunctionSettings,
): Promise<LabFunction> {
  const pidFolder = join(folder, 'run')
  const complaints: string[] = []
  const started = localFunction({ pidFolder, log, show: (line) => complaints.push(line) }, settings)
  const port = await started.port()
  return {
    name: settings.name,
    port,
    pid: () => (JSON.parse(readFileSync(join(pidFolder, `${settings.name}.pid`), 'utf8')) as { pid: number }).pid,
    complaints,
    stop: () => started.stop(),
  }
}
