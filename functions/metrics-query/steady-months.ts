// Reads that meet a month on its way out of the database, or back.
import { busy } from '@penstock/shared/problem.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Micros } from '@penstock/shared/time.ts'
import type { Transaction } from 'kysely'
import { type AwayMonth, selectAwayMonths } from './month-queries.ts'

const MAX_READS = 5

/**
 * Reads the points between two instants, and reads again where a month between them has left the database meanwhile, or has come
 * back. A partition that is detached while it is read looks empty, whatever the isolation of the reader; but its month's state says so
 * from before that moment on, and is looked at afterwards.
 * @throws {Problem} 503 when months change their state during each of several reads.
 */
export async function readSteadily<T>(
  tx: Transaction<Database>,
  { from, to }: { readonly from: Micros; readonly to: Micros },
  read: (away: readonly AwayMonth[]) => Promise<T>,
): Promise<T> {
  let away = await selectAwayMonths(tx, from, to)
  for (let reads = 0; reads < MAX_READS; reads++) {
    const result = await read(away)
    const afterwards = await selectAwayMonths(tx, from, to)
    if (isSame(away, afterwards)) return result
    away = afterwards
  }
  throw busy('Months are being moved to the archive or back at the moment.')
}

const isSame = (a: readonly AwayMonth[], b: readonly AwayMonth[]): boolean =>
  a.length === b.length && a.every(({ month }, i) => month === b[i]?.month)
