// The pieces in which a decoder reads a body.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'

import { type Cursor, MAX_WORK } from './protobuf-reader.ts'

/** Bytes of a body between which a decoder yields. Of the dearest bodies they take a few milliseconds. */
const PIECE_BYTES = 32 * 1024
/** Work between which a decoder of Protocol Buffers yields, also where it reads the same bytes again. */
const PIECE_WORK = 16_384

/** The pieces in which a body is decoded. */
export interface PiecesOfBody {
  /** Returns true when enough was read since the last pause that other requests must get their turn. */
  isOver(): boolean
  pause(): Pieces<void>
}

/** Opens the pieces of a body that is read once, from its start to its end. Each pause calls `collector.paused`. */
export function openPieces(place: { readonly at: number }, collector: { paused(): void }): PiecesOfBody {
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

/** Opens the pieces of a message. Each pause calls `collector.paused`, and lets the cursor do as much work again. */
export function openPiecesOfMessage(cursor: Cursor, collector: { paused(): void }): PiecesOfBody {
  let from = 0
  let worked = 0
  return {
    isOver: () => cursor.work - worked > PIECE_WORK || Math.abs(cursor.at - from) > PIECE_BYTES,
    *pause() {
      from = cursor.at
      worked = cursor.work
      cursor.mostWork = worked + MAX_WORK
      yield
      collector.paused()
    },
  }
}
