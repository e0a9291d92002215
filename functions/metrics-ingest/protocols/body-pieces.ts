// The pieces in which a decoder reads a body.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'

/** Bytes of a body between which a decoder yields. Of the dearest bodies they take a few milliseconds. */
const PIECE_BYTES = 32 * 1024

/** The pieces in which the body at a cursor is decoded. */
export interface PiecesOfBody {
  /** Whether so much was read since the last pause that others should have their turn. */
  isOver(): boolean
  pause(): Pieces<void>
}

/** `collector` is told of each pause. */
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
