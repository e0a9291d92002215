// Where InfluxDB would keep the lines of a request, by its query: the database of version 1, the bucket of version 2.

export interface LineDatabase {
  /** Labels of every series that has no tag of the name. */
  readonly labels: ReadonlyMap<string, string>
  /** Names in the query that are in no label, which the sender is told. */
  readonly ignored: readonly string[]
}

/** Version 1: `db` and `rp` are labels. */
export function databaseOf({ db, rp }: { db?: string | undefined; rp?: string | undefined }): LineDatabase {
  const named = Object.entries({ db, rp })
  return { labels: new Map(named.flatMap(([name, value]) => (value ? [[name, value] as const] : []))), ignored: [] }
}

/**
 * Version 2: every client has to name a bucket, and most have one alone, so that it would tell a series from the same one by another
 * protocol and nothing else. It is a label where the sender says of which name.
 */
export function bucketOf({
  bucket,
  bucket_label: label,
}: {
  bucket?: string | undefined
  bucket_label?: string | undefined
}): LineDatabase {
  if (!bucket) return { labels: new Map(), ignored: [] }
  return label === undefined
    ? { labels: new Map(), ignored: ['bucket'] }
    : { labels: new Map([[label, bucket]]), ignored: [] }
}
