// Limits the labels of one request. A resource or a histogram of a few KiB can have its labels repeated for each of 100,000 values.
import { Problem, tooLarge } from '@penstock/shared/base/problem.ts'

/** Maximum characters of all labels, each counted as often as it is made. */
const MAX_CHARACTERS = 64 * 1024 * 1024
/** Memory of a label in addition to its text, in characters. */
const LABEL_CHARACTERS = 64

/** The part of judged labels that is counted. */
interface Counted {
  readonly entries: ReadonlyMap<string, string>
  readonly canonical: string | undefined
}

/** The labels of a request. */
export interface LabelLimit {
  /** Characters so far. */
  characters: number
}

/** Counts labels and returns them. @throws {Problem} 413 when there are too many. */
export function limitLabels<L extends Counted>(limit: LabelLimit, labels: L): L {
  limit.characters += (labels.canonical?.length ?? 0) + labels.entries.size * LABEL_CHARACTERS
  if (limit.characters <= MAX_CHARACTERS) return labels
  throw new Problem(
    tooLarge,
    'The labels of all values of a request may have at most 64 MiB. Send fewer values at a time.',
  )
}
