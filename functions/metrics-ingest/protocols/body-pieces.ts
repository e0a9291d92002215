// The pieces in which a decoder reads a body.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'

import { MAX_WORK } from './protobuf-reader.ts'

/** Bytes of a body between which a decoder yields. Of the dearest bodies they take a few milliseconds. */
const PIECE_BYTES = 32 * 1024
/** Work between which a decoder of Protocol Buffers yields, also where it reads the same bytes again. */
const PIECE_WORK = 16_384

/** A decoder's place in a body. */
interface Place {
  readonly at: number
  readonly work?: number
  mostWork?: number
}

/** The pieces in which the body at a cursor is decoded. */
export interface PiecesOfBody {
  /** Returns true when enough was read since the last pause that other requests must get their turn. */
  isOver(): boolean
  pause(): Pieces<void>
}

/** Opens the pieces of a body. Each pause calls `collector.paused`, and lets the cursor do as much work again. */
export function openPieces(cursor: Place, collector: { paused(): void }): PiecesOfBody {
  let from = 0
  let worked = 0
  return {
    isOver: () => Math.abs(cursor.at - from) > PIECE_BYTES || (cursor.work ?? 0) - worked > PIECE_WORK,
    *pause() {
      from = cursor.at
      if (cursor.work !== undefined) {
        worked = cursor.work
        cursor.mostWork = worked + MAX_WORK
      }
      yield
      collector.paused()
    },
  }
}
