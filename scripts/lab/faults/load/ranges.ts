// Compares the ranges that workers were given with the stored ranges. It depends only on its input.

export interface Range {
  readonly leaseId: string
  readonly token: number
  readonly start: number
  readonly end: number
}

/** A job, and what its workers know. */
export interface JobBook {
  readonly id: string
  /** Highest token of all answered claims. */
  highestToken: number
  /** Ranges whose completion was acknowledged. */
  readonly done: Range[]
}

export interface StoredJob {
  readonly id: string
  readonly status: string
  readonly start: number
  readonly end: number
  /** Token of the lease that was given last. */
  readonly token: number
  /** Ordered by their first block. */
  readonly ranges: readonly (Range & { readonly state: string })[]
}

/**
 * Checks that every job is completed, its ranges have each of its blocks once, all are done, and each range with an acknowledged
 * completion is unchanged. Returns deviations as sentences.
 */
export function compareRanges(books: readonly JobBook[], stored: readonly StoredJob[]): string[] {
  return books.flatMap((book) => {
    const job = stored.find(({ id }) => id === book.id)
    if (!job) return [`backfill job ${book.id} is missing`]
    return [
      ...(job.status === 'completed' ? [] : [`backfill job ${job.id} is ${job.status}`]),
      ...(job.token < book.highestToken ? [`the token of backfill job ${job.id} went back`] : []),
      ...blocksOf(job),
      ...book.done.flatMap((range) => changed(range, job)),
    ]
  })
}

function blocksOf({ id, start, end, ranges }: StoredJob): string[] {
  const wrong = ranges.filter((range, i) => range.start !== (ranges[i - 1]?.end ?? start - 1) + 1)
  const open = ranges.filter(({ state }) => state !== 'done')
  return [
    ...wrong.map((range) => `backfill job ${id} has a gap or blocks twice before ${range.start}`),
    ...open.map((range) => `blocks ${range.start} to ${range.end} of backfill job ${id} are ${range.state}`),
    ...(ranges.at(-1)?.end === end ? [] : [`backfill job ${id} lacks its last blocks`]),
  ]
}

function changed(range: Range, { id, ranges }: StoredJob): string[] {
  const { leaseId, token, start, end } = range
  const isThere = ranges.some(
    (one) => one.leaseId === leaseId && one.token === token && one.start === start && one.end === end,
  )
  return isThere
    ? []
    : [`blocks ${start} to ${end} of backfill job ${id} were done by token ${token}, and are another's`]
}
