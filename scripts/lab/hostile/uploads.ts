// Sends the largest accepted bodies, as many at a time as the platform does, to check that an instance stays within its memory.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { deploymentOf } from '@penstock/shared/database/connection-budget.ts'
import { textTable } from '../../cli/text-table.ts'
import type { HostileRequest } from './hostile-request.ts'
import { judge } from './judge.ts'
import { type Draft, toBytes } from './mutations/draft.ts'
import { createTalker } from './talk.ts'
import type { Target } from './target.ts'
import { portOf } from './world-setup.ts'

export interface Uploads {
  readonly table: string
  /** Broken rules, as sentences. */
  readonly broken: readonly string[]
}

const MIB = 1024 * 1024
const ENTRIES = 9_900

/** Sends the bodies, one kind after the other, to each function that accepts large ones. */
export async function sendUploads(target: Target): Promise<Uploads> {
  const rows: string[][] = []
  const broken: string[] = []
  for (const [functionName, path] of [
    ['metrics-ingest', '/api/v1/monitoring/metrics/batch'],
    ['metrics-ingest-pubsub', '/'],
  ] as const) {
    const { concurrency, memory_mib: memoryMib } = deploymentOf(functionName)
    for (const [kind, upload] of Object.entries(uploads(target))) {
      const request = requestOf(target, functionName, path, upload)
      const sent = await Promise.all(Array.from({ length: concurrency }, () => sendOne(target, request)))
      const peak = peakRss(pidOf(target, functionName))
      rows.push([functionName, kind, ...tally(sent.map(({ status }) => status)), peak.toFixed(0), String(memoryMib)])
      broken.push(...new Set(sent.flatMap((one) => one.broken.map((what) => `${functionName}, ${kind}: ${what}`))))
      if (peak > memoryMib) broken.push(`${functionName} took ${peak.toFixed(0)} MiB of its ${memoryMib} (${kind})`)
    }
  }
  const table = textTable(['function', 'body', '2xx', '503', 'other', 'peak MiB', 'of MiB'], rows)
  return { table, broken }
}

interface Upload {
  readonly body: Buffer
  readonly gzipped: boolean
}

/** Just under the limit: text outside Latin-1, which takes the most memory as a string, and the maximum of small values. */
function uploads({ world }: Target): Readonly<Record<string, Upload>> {
  const entry = (i: number): string =>
    JSON.stringify({
      service_name: 'upload',
      metric_type: 'size',
      metric_value: i,
      unit: 'B',
      timestamp: new Date(world.monthMs + i * 1_000).toISOString(),
      note: `${'x'.repeat(3_160)}☃`,
    })
  const wide = Buffer.from(`[${Array.from({ length: ENTRIES }, (_, i) => entry(i)).join(',')}]`)
  const values = Buffer.from(`[${'{"a":1},'.repeat(330_000)}1]`)
  return {
    [`${(wide.length / MIB).toFixed(0)} MiB`]: { body: wide, gzipped: false },
    [`the same in ${(gzipSync(wide).length / MIB).toFixed(1)} MiB of gzip`]: { body: gzipSync(wide), gzipped: true },
    'a million values, gzip': { body: gzipSync(values), gzipped: true },
  }
}

function requestOf(target: Target, functionName: string, path: string, { body, gzipped }: Upload): HostileRequest {
  const draft: Draft = {
    method: 'POST',
    path,
    query: [],
    headers: [
      ['Authorization', `Bearer ${target.world.keys.writer}`],
      ['Content-Type', 'application/json'],
      ['Prefer', 'return=minimal'],
      ...(gzipped ? ([['Content-Encoding', 'gzip']] as const) : []),
    ],
    body,
    chunked: false,
  }
  return {
    index: -1,
    route: functionName,
    functionName,
    mutations: ['bytes'],
    method: 'POST',
    slow: true,
    bytes: toBytes(draft),
    manner: 'kept',
  }
}

async function sendOne(target: Target, request: HostileRequest) {
  const talker = createTalker()
  const outcome = await talker.ask(portOf(target, request), request)
  talker.close()
  return { status: outcome.answers[0]?.status ?? 0, broken: judge(request, outcome) }
}

function tally(statuses: readonly number[]): readonly string[] {
  const count = (fits: (status: number) => boolean): string => String(statuses.filter(fits).length)
  const isOk = (status: number): boolean => status >= 200 && status < 300
  return [count(isOk), count((status) => status === 503), count((status) => !isOk(status) && status !== 503)]
}

const pidOf = ({ functions }: Target, name: string): number => functions.find((one) => one.name === name)?.pid() ?? 0

/** Returns the maximum memory that a process ever held (RSS), in MiB; 0 when the system does not report it. */
function peakRss(pid: number): number {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kib ?? 0) / 1024
  } catch {
    return 0
  }
}
