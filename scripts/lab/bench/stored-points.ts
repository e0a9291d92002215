// The stored points of an experiment: counts them, and removes them before the next one.
import { FIRST_BARE_SERIES } from './experiments/bare-writes.ts'
import type { Stage } from './stage.ts'

/** Counts the points that functions have stored. */
export async function storedPoints({ admin }: Stage): Promise<number> {
  const { rows } = await admin.query<{ count: number }>(
    'select count(*)::float8 as count from metric_point where series_id < $1',
    [FIRST_BARE_SERIES],
  )
  return rows[0]?.count ?? 0
}

/** Empties the tables, so that the order of experiments does not matter. */
export async function clearPoints({ admin }: Pick<Stage, 'admin'>): Promise<void> {
  await admin.query('truncate metric_point, deferred_point; drop schema if exists bench cascade; checkpoint')
}
