// The pieces in which a decoder reads a body.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'

import { type Cursor, MAX_WORK } from './protobuf-reader.ts'

/** Bytes of a body between two pauses of a decoder. For the slowest bodies they take a few milliseconds. */
const PIECE_BYTES = 32 * 1024
/** Work between two pauses of a decoder of Protocol Buffers, including bytes that it reads again. */
const PIECE_WORK = 16_384

/** Characters of labels between two pauses. They take 3 ms, even when a few bytes of the body repeat the labels of a resource. */
export const PIECE_LABELS = 131_072

/** The collector of a decoder's results. */
interface Collects {
  readonly judged: { readonly characters: number }
  /** Called in each pause. */
  paused(): void
}

/** The pieces in which a body is decoded. */
export interface PiecesOfBody {
  /** Returns true when enough was read since the last pause that other requests must get their turn. */
  isOver(): boolean
  pause(): Pieces<void>
}

/** Opens the pieces of a body that is read once, from its start to its end. */
export function openPieces(place: { readonly at: number }, collector: Pick<Collects, 'paused'>): PiecesOfBody {
  let from = 0
  return {
    isOver: () => place.at - from > PIECE_BYTES,
    *pause() {
      from = place.at
      yield
      collector.paused()
    },
  }
}

/** Opens the pieces of a message. After each pause the cursor may do as much work again. */
export function openPiecesOfMessage(cursor: Cursor, collector: Collects): PiecesOfBody {
  const { judged } = collector
  let from = 0
  let mostLabels = PIECE_LABELS
  return {
    isOver: () =>
      cursor.left < MAX_WORK - PIECE_WORK || Math.abs(cursor.at - from) > PIECE_BYTES || judged.characters > mostLabels,
    *pause() {
      from = cursor.at
      mostLabels = judged.characters + PIECE_LABELS
      cursor.left = MAX_WORK
      yield
      collector.paused()
    },
  }
}
