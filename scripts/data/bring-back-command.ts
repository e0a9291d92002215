import { parseArgs } from 'node:util'
import { databaseConfig, databaseSchema, type Environment, parseEnvironment } from '@penstock/shared/config/config.ts'
import { clientOpener } from '@penstock/shared/database/connection.ts'
import type { Client } from 'pg'
import { print, say } from '../cli/output.ts'
import { bringPointsBack, type LostPoints } from './bring-points-back.ts'

const USAGE = `usage: npm run bring-back -- --tenant NAME --from INSTANT --to INSTANT

DATABASE_URL, DATABASE_PASSWORD, DATABASE_CA: the running database, as for npm run migrate
RESTORED_DATABASE_URL, RESTORED_DATABASE_PASSWORD, RESTORED_DATABASE_CA: the restored copy; what is not set is as for the running one`

const WAY_IN = ['DATABASE_URL', 'DATABASE_PASSWORD', 'DATABASE_CA', 'CLOUD_SQL_INSTANCE'] as const

const CONNECT_MS = 10_000

export async function bringBackCommand(args: string[]): Promise<number> {
  let lost: LostPoints
  try {
    lost = readArguments(args)
    if (process.env['RESTORED_DATABASE_URL'] === undefined) throw new Error('RESTORED_DATABASE_URL is needed')
  } catch (error) {
    say(`bring-back: ${(error as Error).message}\n${USAGE}`)
    return 2
  }
  try {
    await using connections = new AsyncDisposableStack()
    const running = await connectTo(process.env, connections)
    const restored = await connectTo(restoredWay(process.env), connections)
    const points = await bringPointsBack(running, restored, lost)
    print(`${points} points of ${lost.tenant} are back`)
    return 0
  } catch (error) {
    say(`bring-back: ${(error as Error).message}`)
    return 1
  }
}

function readArguments(args: string[]): LostPoints {
  const { values } = parseArgs({
    args,
    options: { tenant: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' } },
  })
  const { tenant, from, to } = values
  if (tenant === undefined || from === undefined || to === undefined)
    throw new Error('--tenant, --from and --to are needed')
  for (const instant of [from, to])
    if (!/Z$|[+-]\d\d:\d\d$/.test(instant) || Number.isNaN(Date.parse(instant)))
      throw new Error(`${instant} is not an instant with its zone, such as 2026-11-20T00:00:00Z`)
  return { tenant, from, to }
}

/** Connects as the admin user of the environment; the stack disconnects. */
async function connectTo(environment: Environment, connections: AsyncDisposableStack): Promise<Client> {
  const inCloud = environment['CLOUD_RUN_JOB'] !== undefined
  const opener = clientOpener(databaseConfig(parseEnvironment(databaseSchema, environment), inCloud), {
    connectTimeoutMs: CONNECT_MS,
    now: Date.now,
    more: { application_name: 'penstock bring-back', options: '-c timezone=UTC' },
  })
  connections.defer(() => opener.close())
  return connections.adopt(await opener.open(), (client) => client.end())
}

/** Returns the environment with the restored copy in place of the running database. */
function restoredWay(environment: Environment): Environment {
  const way = WAY_IN.map((name) => [name, environment[`RESTORED_${name}`] ?? environment[name]])
  return { ...environment, ...Object.fromEntries(way) }
}
