// Pauses between statements, so that every order of them happens.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../random.ts'
import type { BeforeStatement } from '../world/door.ts'

/** Adds pauses between statements, so that every order of them happens. */
export const pausing =
  (random: Random, then: BeforeStatement = async (statement) => statement): BeforeStatement =>
  async (statement, client) => {
    if (random.chance(0.3)) await sleep(random.below(6))
    return await then(statement, client)
  }
