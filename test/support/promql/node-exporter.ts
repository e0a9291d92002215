// Series that a real node exporter reports, where Debian's package prometheus-node-exporter is installed.
import { spawn, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../scripts/database/postgres.ts'
import { kill } from '../http/function-at-port.ts'
import type { WrittenSeries } from '../programs/prometheus-receiver.ts'

const PROGRAM = 'prometheus-node-exporter'
export const isNodeExporterInstalled = spawnSync(PROGRAM, ['--version']).status === 0

const SCRAPES = 4
const PAUSE_MS = 300
const ANSWER_MS = 10_000
/** Points between two scrapes, so that few scrapes make an hour. */
const BETWEEN = 60
const STEP_MS = 15_000

/**
 * Scrapes a few times, and lays the scrapes out from `startMs` on, with points between them every 15 s. Values that are not finite are left out.
 * @throws {Error} when the exporter does not answer.
 */
export async function captureNode(startMs: number): Promise<readonly WrittenSeries[]> {
  const address = `127.0.0.1:${await freePort()}`
  const exporter = spawn(PROGRAM, [`--web.listen-address=${address}`], { stdio: 'ignore' })
  try {
    const scrapes: ReadonlyMap<string, Sample>[] = []
    for (let i = 0; i < SCRAPES; i++) {
      scrapes.push(samplesOf(await scrape(`http://${address}/metrics`)))
      await sleep(PAUSE_MS)
    }
    return layOut(scrapes, startMs)
  } finally {
    await kill(exporter)
  }
}

async function scrape(url: string): Promise<string> {
  const deadline = Date.now() + ANSWER_MS
  for (;;) {
    try {
      return await (await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })).text()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(50)
    }
  }
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Reads the text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
function samplesOf(text: string): ReadonlyMap<string, Sample> {
  const found = new Map<string, Sample>()
  for (const line of text.split('\n')) {
    const [, name, inBraces = '', value] = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined) continue
    const labels: Record<string, string> = { __name__: name, job: 'node', instance: 'here:9100' }
    for (const [, label = '', raw] of inBraces.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
      labels[label] = JSON.parse(`"${raw}"`) as string
    if (Number.isFinite(Number(value)))
      found.set(line.slice(0, line.lastIndexOf(' ')), { labels, value: Number(value) })
  }
  return found
}

function layOut(scrapes: readonly ReadonlyMap<string, Sample>[], startMs: number): readonly WrittenSeries[] {
  const [first = new Map<string, Sample>()] = scrapes
  return [...first].flatMap(([name, { labels }]) => {
    const values = scrapes.flatMap((scrape) => scrape.get(name)?.value ?? [])
    if (values.length < scrapes.length) return []
    const count = (values.length - 1) * BETWEEN + 1
    const valueAt = (i: number): number => {
      const [before, part] = [Math.floor(i / BETWEEN), (i % BETWEEN) / BETWEEN]
      const [a = 0, b = a] = [values[before], values[before + 1]]
      return a + (b - a) * part
    }
    return [
      {
        labels,
        at: Array.from({ length: count }, (_, i) => startMs + i * STEP_MS),
        value: Array.from({ length: count }, (_, i) => valueAt(i)),
      },
    ]
  })
}
