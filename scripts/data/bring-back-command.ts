import type { Command } from '@commander-js/extra-typings'
import { databaseConfig, databaseSchema, type Environment, parseEnvironment } from '@penstock/shared/config/config.ts'
import { clientOpener } from '@penstock/shared/database/connection.ts'
import type { Client } from 'pg'
import { addExamples, matching } from '../cli/command.ts'
import { print, say } from '../cli/output.ts'
import { UsageError } from '../cli/usage-error.ts'
import { bringPointsBack, type LostPoints } from './bring-points-back.ts'

const DATABASES = `
Settings:
  DATABASE_URL, DATABASE_PASSWORD, DATABASE_CA                             the running database, as for penstock migrate
  RESTORED_DATABASE_URL, RESTORED_DATABASE_PASSWORD, RESTORED_DATABASE_CA  the restored copy; its URL is required, the others
                                                                           default to those of the running one`

const WAY_IN = ['DATABASE_URL', 'DATABASE_PASSWORD', 'DATABASE_CA', 'CLOUD_SQL_INSTANCE'] as const

const CONNECT_MS = 10_000

const instant = matching(
  /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/,
  'an instant with its zone, such as 2026-11-20T00:00:00Z',
)

/** Describes `penstock bring-back`. */
export function describeCommand(command: Command): void {
  command
    .requiredOption('--tenant <name>', 'the tenant that lost points')
    .requiredOption('--from <instant>', 'the first instant of the range', instant)
    .requiredOption('--to <instant>', 'the end of the range, which is not part of it', instant)
    .addHelpText('after', DATABASES)
    .action(bringBack)
  addExamples(command, 'penstock bring-back --tenant acme --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z')
}

async function bringBack(lost: LostPoints): Promise<void> {
  if (process.env['RESTORED_DATABASE_URL'] === undefined)
    throw new UsageError('RESTORED_DATABASE_URL is not set: it names the restored copy')
  await using connections = new AsyncDisposableStack()
  const running = await connectTo(process.env, connections)
  const restored = await connectTo(restoredWay(process.env), connections)
  const { points, heldMonths } = await bringPointsBack(running, restored, lost)
  print(`${points} points of ${lost.tenant} are back`)
  if (heldMonths.length === 0) return
  say(
    `bring-back: objects in storage hold ${heldMonths.join(', ')}, whose points were left as they are. If the running database has archived such a ` +
      'month since then, bring it into the database (penstock archive reopen --month MONTH) and run this again; if only the copy has it, ' +
      'compare the objects with their records: penstock archive reconcile.',
  )
  process.exitCode = 1
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
