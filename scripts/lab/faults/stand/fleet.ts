// The instances that run at a time, and the choice of one for a request.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { servedIn } from '../../../deploy/deployments.ts'
import type { FunctionSettings } from '../../../local/function-process.ts'
import { openProcessLog, type ProcessLog } from '../../../local/process-log.ts'
import type { Random } from '../../random.ts'
import type { LabStand } from '../../stand/lab-stand.ts'
import { type Instance, type Life, startInstance } from './instance.ts'

/** The number of instances of each function. A slice's name means the function that serves it in the stand's tier. */
export type Sizes = Readonly<Record<string, number>>

export interface FleetDeps {
  readonly stand: Pick<LabStand, 'logFolder' | 'settingsOf' | 'tier'>
  /** Returns the URL by which a function's instances connect to the database. */
  readonly databaseUrl: (functionName: string) => string
  /** Returns variables of one instance, in addition to those of its function. */
  readonly extra: (label: string) => Readonly<Record<string, string>>
  readonly random: Random
}

export interface Fleet {
  readonly instances: readonly Instance[]
  of(functionName: string): readonly Instance[]
  /** Returns an instance that accepts requests. @throws {Error} when there is none within 30 s, like the platform rejects a request. */
  route(functionName: string): Promise<Life>
  /** Adds instances of a function, as in a rollout or when the platform exceeds its maximum; resolves when they accept requests. */
  grow(functionName: string, count: number): Promise<readonly Instance[]>
  /** Unexpected events of instances, as sentences. */
  readonly complaints: readonly string[]
  /** Ends all instances. Safe to repeat. */
  stop(): Promise<void>
}

const ROUTE_MS = 30_000
/** Requests may still arrive for a moment after an instance got SIGTERM, because the platform's load balancers learn it later. */
const STRAGGLERS_MS = 200
/** A cold start takes half a second of a core. */
const AT_A_TIME = 4

/** Starts a fleet; resolves when every instance accepts requests. */
export async function startFleet(deps: FleetDeps, sizes: Sizes): Promise<Fleet> {
  const instances: Instance[] = []
  const logs = new Map<string, ProcessLog>()
  const complaints: string[] = []
  const served = (name: string): string => servedIn(deps.stand.tier, name)
  const add = async (functionName: string): Promise<Instance> => {
    const label = `${functionName}#${instances.filter((one) => one.functionName === functionName).length + 1}`
    const log = openProcessLog({ clock: Date.now, show: () => {} }, label, join(deps.stand.logFolder, `${label}.log`))
    logs.set(label, log)
    const settings = settingsOf(deps, functionName, label)
    const instance = startInstance({ log, settings, label, complain: (sentence) => complaints.push(sentence) })
    instances.push(instance)
    await instance.alive()
    return instance
  }
  const grow = async (functionName: string, count: number): Promise<readonly Instance[]> => {
    const added: Instance[] = []
    while (added.length < count) {
      const wave = Math.min(AT_A_TIME, count - added.length)
      added.push(...(await Promise.all(Array.from({ length: wave }, () => add(functionName)))))
    }
    return added
  }
  const fleet: Fleet = {
    instances,
    of: (name) => instances.filter((one) => one.functionName === served(name)),
    route: (name) => route(deps.random, fleet.of(name), name),
    grow: async (name, count) => await grow(served(name), count),
    complaints,
    async stop() {
      await Promise.all(instances.map((one) => one.end({ last: true })))
      await Promise.all([...logs.values()].map((log) => log.close()))
    },
  }
  try {
    for (const [name, count] of Object.entries(sizes)) await fleet.grow(name, count - fleet.of(name).length)
    return fleet
  } catch (error) {
    await fleet.stop()
    throw error
  }
}

function settingsOf(deps: FleetDeps, functionName: string, label: string): FunctionSettings {
  const settings = deps.stand.settingsOf(functionName, { databaseUrl: deps.databaseUrl(functionName) })
  return { ...settings, environment: { ...settings.environment, ...deps.extra(label) } }
}

async function route(random: Random, instances: readonly Instance[], functionName: string): Promise<Life> {
  const deadline = performance.now() + ROUTE_MS
  for (;;) {
    const lives = instances.flatMap((instance) => instance.lives().filter(takesRequests))
    if (lives.length > 0) return random.pick(lives)
    if (performance.now() > deadline) throw new Error(`no instance of ${functionName} takes requests`)
    await sleep(10)
  }
}

const takesRequests = ({ isUp, endingSince }: Life): boolean =>
  isUp && (endingSince === undefined || performance.now() - endingSince < STRAGGLERS_MS)
