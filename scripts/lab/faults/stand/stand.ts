// A server with its proxy, and the fleet that currently runs on it, which one fault leaves for the next.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { seededRandom } from '../../random.ts'
import type { Fault } from '../fault.ts'
import { type DatabaseProxy, NO_TROUBLE, startDatabaseProxy } from './database-proxy.ts'
import { type Fleet, type FleetDeps, startFleet } from './fleet.ts'
import { mountTinyDisk, type TinyDisk } from './tiny-disk.ts'
import { openWorld, removeFolder, temporaryFolder, type World } from './world.ts'

export interface Stand {
  readonly world: World
  readonly proxy: DatabaseProxy
  readonly disk: TinyDisk | undefined
  /** Returns the fleet that a fault needs: the running one if it is the same. */
  fleetFor(fault: Fault): Promise<Fleet>
  readonly shiftClock: (label: string, ms: number) => Promise<void>
  /** Ends the fleet, so that the next fault gets another. Safe to repeat. */
  endFleet(): Promise<void>
  /** Stops everything; deletes its files unless `kept`, for a look at the logs. */
  close(options: { readonly kept: boolean }): Promise<void>
}

export interface StandOptions {
  readonly tier: Tier
  readonly seed: number
  readonly disk?: 'tiny'
}

const CLOCK = pathToFileURL(join(import.meta.dirname, 'shifted-clock.ts')).href
/** Time until a process has handled SIGUSR2, which it does in its next turn. */
const HEARD_MS = 50

/** These limits keep the write-ahead log small enough for the small disk. */
const LITTLE_LOG = { max_wal_size: '64MB', min_wal_size: '32MB' }

/** Opens a stand without a fleet. @throws {Skipped} when the machine has no such disk. */
export async function openStand({ tier, seed, ...options }: StandOptions): Promise<Stand> {
  const disk = options.disk === 'tiny' ? mountTinyDisk() : undefined
  const folder = disk?.folder ?? temporaryFolder()
  const world = await openWorld({ tier, folder, settings: disk ? LITTLE_LOG : {} })
  const proxy = await startDatabaseProxy({ random: seededRandom(`${seed} proxy`) }, world.server.port)
  const clockFile = (label: string): string => join(folder, `clock-${label}`)
  let running: { readonly kind: string; readonly fleet: Fleet } | undefined

  const endFleet = async (): Promise<void> => {
    const ending = running?.fleet
    running = undefined
    await ending?.stop()
  }
  return {
    world,
    proxy,
    disk,
    async fleetFor({ sizes, way }) {
      const kind = JSON.stringify([sizes, way])
      if (running?.kind !== kind) {
        await endFleet()
        const direct = directly(world, seed)
        const deps = way === 'direct' ? direct : byProxy(direct, world, proxy, clockFile)
        running = { kind, fleet: await startFleet(deps, sizes) }
      }
      Object.assign(proxy.trouble, NO_TROUBLE)
      return running.fleet
    },
    async shiftClock(label, ms) {
      writeFileSync(clockFile(label), String(ms))
      const lives = running?.fleet.instances.filter((one) => one.label === label).flatMap((one) => one.lives()) ?? []
      for (const { child } of lives) child.kill('SIGUSR2')
      await sleep(HEARD_MS)
    },
    endFleet,
    async close({ kept }) {
      await endFleet()
      await proxy.close()
      await world.close()
      // Unmounting deletes everything on the small disk.
      disk?.unmount()
      if (!kept) removeFolder(folder)
    },
  }
}

function directly(world: World, seed: number): FleetDeps {
  return {
    stand: world,
    random: seededRandom(`${seed} routes`),
    databaseUrl: (name) => world.urlOf(name),
    // A run of compaction that was cut off blocks the next one for minutes. Calls in the meantime are answered at once.
    extra: () => ({ COMPACTION_WAIT_SECONDS: '0' }),
  }
}

/** Options for instances behind the proxy, each with a clock that can be shifted. */
function byProxy(
  direct: FleetDeps,
  world: World,
  proxy: DatabaseProxy,
  clockFile: (label: string) => string,
): FleetDeps {
  return {
    ...direct,
    databaseUrl: (name) => world.urlOf(name, proxy.port),
    extra(label) {
      writeFileSync(clockFile(label), '0')
      return { ...direct.extra(label), NODE_OPTIONS: `--import=${CLOCK}`, SHIFTED_CLOCK: clockFile(label) }
    },
  }
}
