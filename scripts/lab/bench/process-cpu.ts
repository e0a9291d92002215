// CPU time of other processes, by their own accounting.
import type { Client } from 'pg'
import { cpuUsOf } from './suite-cpu.ts'

/** The resources that a piece of work used. */
export interface Cost {
  /** CPU of the connections' backends and of the WAL writer, in µs. */
  readonly backendUs: number
  /** CPU of this process, in µs. */
  readonly nodeUs: number
  readonly walBytes: number
}

export const noCost: Cost = { backendUs: 0, nodeUs: 0, walBytes: 0 }

export const addCosts = (a: Cost, b: Cost): Cost => ({
  backendUs: a.backendUs + b.backendUs,
  nodeUs: a.nodeUs + b.nodeUs,
  walBytes: a.walBytes + b.walBytes,
})

/** Opens a meter over the backends of these connections; the first one is asked for the state of the WAL. */
export async function openMeter(
  clients: readonly [Client, ...Client[]],
): Promise<(work: () => Promise<void>) => Promise<Cost>> {
  const [admin] = clients
  const { rows } = await admin.query<{ pid: number }>(
    `select pid from pg_stat_activity where backend_type = 'walwriter'`,
  )
  const pids = rows.map(({ pid }) => pid)
  for (const client of clients) {
    const own = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    pids.push(own.rows[0]?.pid ?? 0)
  }
  const backends = (): number => pids.reduce((sum, pid) => sum + cpuUsOf(pid), 0)
  const wal = async (): Promise<number> => {
    const { rows } = await admin.query<{ bytes: number }>(
      `select (pg_current_wal_insert_lsn() - '0/0')::float8 as bytes`,
    )
    return rows[0]?.bytes ?? 0
  }
  return async (work) => {
    const before = await wal()
    const [backendBefore, node] = [backends(), process.cpuUsage()]
    await work()
    const { user, system } = process.cpuUsage(node)
    const backendUs = backends() - backendBefore
    return { backendUs, nodeUs: user + system, walBytes: (await wal()) - before }
  }
}
