// Makes bodies of the batch route from points.
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { Chunk } from '../chunk.ts'

const BATCH_POINTS = 10_000
/** Maximum characters of a body, well below the 32 MiB that a decompressed request may have. */
const BATCH_CHARACTERS = 8 * 1024 * 1024

export interface Batch {
  /** Index in the chunk of the first point. */
  readonly first: number
  readonly count: number
  readonly body: string
}

/** Returns the points of a chunk in the order of the file, in as few bodies as the route allows. */
export function toBatches(chunk: Chunk): Batch[] {
  const beginnings = chunk.series.map(
    ({ service, type, unit, labels }) =>
      `{"service_name":${JSON.stringify(service)},"metric_type":${JSON.stringify(type)},"unit":${JSON.stringify(unit)},"metric_metadata":${labels}`,
  )
  const batches: Batch[] = []
  let [first, entries, characters] = [0, [] as string[], 0]
  const finish = () => {
    batches.push({ first, count: entries.length, body: `[${entries.join(',')}]` })
    first += entries.length
    entries = []
    characters = 0
  }
  for (let place = 0; place < chunk.count; place++) {
    const at = formatTimestamp(chunk.at[place] ?? 0)
    const entry = `${beginnings[chunk.of[place] ?? 0]},"timestamp":"${at}","metric_value":${chunk.value[place]}}`
    if (entries.length === BATCH_POINTS || characters + entry.length > BATCH_CHARACTERS) finish()
    entries.push(entry)
    characters += entry.length + 1
  }
  if (entries.length > 0) finish()
  return batches
}
