// A valid request that mutations begin with.

import type { Random } from '../../random.ts'
import type { Pairs } from '../mutations/draft.ts'
import type { World } from '../world.ts'

/** Parts of a request that are particular to a route; its contract has method and path. */
export interface Seed {
  /** Needed where the contract's path has a parameter: the path with a value in its place. */
  readonly path?: string
  readonly query?: Pairs
  /** How it is answered unchanged, where that is no success. */
  readonly refusal?: number
  readonly headers: Pairs
  /** The body; absent, like `bytes`: there is none. */
  readonly json?: unknown
  /** The body of a protocol that is no JSON. */
  readonly bytes?: Buffer
  /** Puts the body's bytes into another message. */
  readonly wrap?: (data: Buffer) => unknown
}

export type MakeSeed = (world: World, random: Random) => Seed
