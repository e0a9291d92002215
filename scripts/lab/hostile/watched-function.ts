// A function's process as the suite starts it, and everything that it says.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { heapOptions } from '@penstock/shared/database/connection-budget.ts'
import type { EntryPoint } from '../../deploy/entry-points.ts'
import { sourceOf } from '../../local/function-environment.ts'
import { localFunction } from '../../local/functions.ts'
import { openProcessLog } from '../../local/process-log.ts'
import { PROBE_EVENT } from './probe-event.ts'

export interface WatchedFunction {
  readonly name: string
  readonly port: number
  /** Of its process now. */
  pid(): number
  /** Lines of the memory probe so far. */
  probes(): readonly string[]
  /** What went wrong with the process itself: that it ended, say. */
  readonly complaints: readonly string[]
  readonly logFile: string
  /** Ends the process, after which its log is whole. Safe to repeat. */
  stop(): Promise<void>
}

export interface WatchedOptions {
  readonly rootFolder: string
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
}

/** Starts a function, with the probe in it; resolves when it takes connections. */
export async function startWatched(entry: EntryPoint, options: WatchedOptions): Promise<WatchedFunction> {
  const { name } = entry
  const logFile = join(options.folder, 'logs', `${name}.log`)
  const complaints: string[] = []
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
  const pidFolder = join(options.folder, 'run')
  const probe = import.meta.resolve('./memory-probe.ts')
  const environment = { ...options.environment, NODE_OPTIONS: `${heapOptions(name)} --expose-gc --import ${probe}` }
  const source = sourceOf(options.rootFolder, entry)
  const own = localFunction({ pidFolder, log, show: (line) => complaints.push(line) }, { name, source, environment })
  const port = await own.port()
  return {
    name,
    port,
    pid: () => (JSON.parse(readFileSync(join(pidFolder, `${name}.pid`), 'utf8')) as { pid: number }).pid,
    probes: () => probes,
    complaints,
    logFile,
    async stop() {
      await own.stop()
      await file.close()
    },
  }
}
