// A function's process with a memory probe in it, and its complete output.
import { join } from 'node:path'
import { deploymentOf, heapOptions } from '@penstock/shared/database/connection-budget.ts'
import type { FunctionSettings } from '../../local/function-process.ts'
import { openProcessLog } from '../../local/process-log.ts'
import { type LabFunction, startLabFunction } from '../stand/lab-function.ts'
import type { LabStand } from '../stand/lab-stand.ts'
import { PROBE_EVENT } from './probe-event.ts'

export interface WatchedFunction extends LabFunction {
  /** Returns the lines of the memory probe so far. */
  probes(): readonly string[]
  /** The log is complete once the function is stopped. */
  readonly logFile: string
}

/** Starts a function with the probe in it; resolves when it accepts connections. */
export async function startWatched(
  { folder, logFolder }: LabStand,
  { name, source, environment }: FunctionSettings,
): Promise<WatchedFunction> {
  const logFile = join(logFolder, `${name}.log`)
  const probes: string[] = []
  const file = openProcessLog({ clock: Date.now, show: () => {} }, name, logFile)
  let begun = ''
  const log = {
    ...file,
    write(chunk: Buffer): void {
      file.write(chunk)
      const lines = (begun + chunk.toString()).split('\n')
      begun = lines.pop() ?? ''
      probes.push(...lines.filter((line) => line.includes(`"message":"${PROBE_EVENT}"`)))
    },
  }
  const probe = import.meta.resolve('./memory-probe.ts')
  const options = `${heapOptions(deploymentOf(name))} --expose-gc --import ${probe}`
  const watched = { name, source, environment: { ...environment, NODE_OPTIONS: options } }
  const started = await startLabFunction({ log, folder }, watched)
  return {
    ...started,
    probes: () => probes,
    logFile,
    async stop() {
      await started.stop()
      await file.close()
    },
  }
}
