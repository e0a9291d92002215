// Prometheus and VictoriaMetrics for comparison, where the machine has them: Debian's packages prometheus and victoria-metrics.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../database/postgres.ts'

export type ComparedName = 'prometheus' | 'victoria-metrics'

/** A program that answers PromQL and takes remote writes. */
export interface ComparedProgram {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

const READY_MS = 20_000
const PAUSE_MS = 50

/** The options of each program. VictoriaMetrics caches results, which a benchmark would measure. */
const options: Readonly<Record<ComparedName, (folder: string, address: string) => readonly string[]>> = {
  prometheus: (folder, address) => [
    '--web.enable-remote-write-receiver',
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=${address}`,
  ],
  'victoria-metrics': (folder, address) => [
    `-storageDataPath=${folder}/data`,
    `-httpListenAddr=${address}`,
    '-search.disableCache',
    '-retentionPeriod=12',
  ],
}

/** Starts a program with an empty folder; returns undefined when the machine does not have it. @throws {Error} when it does not answer. */
export async function startCompared(name: ComparedName): Promise<ComparedProgram | undefined> {
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`))
  const address = `127.0.0.1:${await freePort()}`
  writeFileSync(join(folder, 'prometheus.yml'), '{}')
  const child = spawn(name, options[name](folder, address), { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  const url = `http://${address}`
  const deadline = performance.now() + READY_MS
  while (child.pid !== undefined && child.exitCode === null && performance.now() < deadline) {
    if (await answers(`${url}/api/v1/query?query=1`)) return { url, pid: child.pid, stop }
    await sleep(PAUSE_MS)
  }
  const isMissing = child.pid === undefined
  await stop()
  if (isMissing) return undefined
  throw new Error(`${name} does not answer`)
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(READY_MS) })).ok
  } catch {
    return false
  }
}
