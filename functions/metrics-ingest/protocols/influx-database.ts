// The place in which InfluxDB would store the lines of a request, by its query: the database in version 1, the bucket in version 2.

export interface LineDatabase {
  /** Labels of every series without a tag of that name. */
  readonly labels: ReadonlyMap<string, string>
  /** Names in the query that are in no label; they are reported to the sender. */
  readonly ignored: readonly string[]
}

/** For version 1: `db` and `rp` are labels. */
export function databaseOf({ db, rp }: { db?: string | undefined; rp?: string | undefined }): LineDatabase {
  const named = Object.entries({ db, rp })
  return { labels: new Map(named.flatMap(([name, value]) => (value ? [[name, value] as const] : []))), ignored: [] }
}

/**
 * Returns the labels for version 2. Every client must name a bucket, and most use only one, so as a label it would only distinguish a
 * series from the same one sent by another protocol. It becomes a label when the sender names that label.
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
