// The benchmark's own connections, which have another application name than the functions'.
import type { Client } from 'pg'
import { connectClient } from '../stand/clients.ts'

const APPLICATION = 'penstock bench'

/** Connects to the URL with the benchmark's application name. The caller must end the connection. */
export const connectBench = async (url: string): Promise<Client> =>
  await connectClient(url, { applicationName: APPLICATION, statementMs: 0 })

/**
 * Counts connections that are not the benchmark's own, all or those of one role, from now on. Returns the function that stops counting
 * and returns the maximum.
 */
export function countConnections(admin: Client, role: string | null, everyMs = 100): () => Promise<number> {
  let most = 0
  let sampling = Promise.resolve()
  const sample = async (): Promise<void> => {
    const { rows } = await admin.query<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity
       where backend_type = 'client backend' and application_name <> $1 and usename = coalesce($2, usename)`,
      [APPLICATION, role],
    )
    most = Math.max(most, rows[0]?.count ?? 0)
  }
  const timer = setInterval(() => {
    sampling = sampling.then(sample)
  }, everyMs)
  return async () => {
    clearInterval(timer)
    await sampling.then(sample)
    return most
  }
}
