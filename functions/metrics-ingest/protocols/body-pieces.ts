// The pieces in which a decoder reads a body.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'

/** Bytes of a body between which a decoder yields. Of the dearest bodies they take a few milliseconds. */
const PIECE_BYTES = 32 * 1024

/** The pieces in which the body at a cursor is decoded. */
export interface PiecesOfBody {
  /** Returns true when enough was read since the last pause that other requests must get their turn. */
  isOver(): boolean
  pause(): Pieces<void>
}

/** Opens the pieces of a body. Each pause calls `collector.paused`. */
export function openPieces(cursor: { readonly at: number }, collector: { paused(): void }): PiecesOfBody {
  let from = 0
  return {
    isOver: () => cursor.at - from > PIECE_BYTES,
    *pause() {
      from = cursor.at
      yield
      collector.paused()
    },
  }
}
