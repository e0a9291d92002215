// A valid request that mutations begin with.

import type { Random } from '../../random.ts'
import type { Pairs } from '../mutations/draft.ts'
import type { World } from '../world.ts'

/** The parts of a request that are particular to a route; its contract has method and path. */
export interface Seed {
  /** Needed when the contract's path has a parameter: the path with a value in its place. */
  readonly path?: string
  readonly query?: Pairs
  /** The expected status of the unchanged request, when it is not a success. */
  readonly refusal?: number
  readonly headers: Pairs
  /** The body; without it and `bytes`, the request has no body. */
  readonly json?: unknown
  /** The body in a protocol that is not JSON. */
  readonly bytes?: Buffer
  /** Wraps the body's bytes in another message. */
  readonly wrap?: (data: Buffer) => unknown
}

export type MakeSeed = (world: World, random: Random) => Seed
