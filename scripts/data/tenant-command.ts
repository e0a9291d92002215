import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ask, print, say } from '../cli/output.ts'
import { textTable } from '../cli/text-table.ts'
import { withAdminClient } from '../database/admin-client.ts'
import { dropReader, listReaders } from '../database/keys/readers.ts'
import { proofText } from './erase/proof.ts'
import { refreshStatistics, withErasure } from './erase/session.ts'
import { eraseTenant } from './erase/tenant.ts'
import { exportPoints } from './export/points.ts'
import { exportRows } from './export/rows.ts'
import { openSink } from './export/sink.ts'

const USAGE = `usage: npm run tenant -- export NAME --to FOLDER
       npm run tenant -- erase  NAME [--yes]
--to: a folder, or gs://bucket/prefix
--yes: without asking`

/** Functions cache a key for 30 s, and requests in progress at that time may take another moment. */
const SETTLE_MS = 35_000

class UsageError extends Error {}

export async function tenantCommand(args: string[]): Promise<void> {
  try {
    const { values, positionals } = parseArgs({
      args: args,
      allowPositionals: true,
      options: { yes: { type: 'boolean' }, to: { type: 'string' } },
    })
    const [command, name, ...rest] = positionals
    if (name === undefined || rest.length > 0) throw new UsageError('what is to be done, with which tenant?')
    if (command === 'erase') await erase(name, values.yes ?? false)
    else if (command === 'export' && values.to !== undefined) await handOver(name, values.to)
    else throw new UsageError(command === 'export' ? '--to is missing' : `cannot ${command}`)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const misused = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS') === true
    say(misused ? `tenant: ${message}\n${USAGE}` : `tenant: ${message}`)
    process.exitCode = misused ? 2 : 1
  }
}

async function handOver(name: string, to: string): Promise<void> {
  const files = await withErasure(process.env, name, async (deps) => {
    const sink = openSink(to, process.env['ARCHIVE_STORAGE_ENDPOINT'])
    await exportPoints(deps, sink)
    await exportRows(deps, sink)
    return await sink.finish({ tenant: name, made_at: new Date().toISOString() })
  })
  const rows = files.map((file) => [file.name, `${file.rows}`, `${file.bytes}`, file.sha256])
  print(textTable(['file', 'rows', 'bytes', 'sha256'], rows))
}

/** Exits with 1 when something is left. */
async function erase(name: string, yes: boolean): Promise<void> {
  if (!yes && !(await isSure(name))) throw new Error('nothing was erased')
  const places = await withErasure(process.env, name, async (deps) => {
    const found = await eraseTenant(deps, async () => {
      await dropReaderOf(name)
      say(`waiting ${SETTLE_MS / 1000} s for functions to forget its keys`)
      await sleep(SETTLE_MS)
    })
    await refreshStatistics(deps.db)
    return found
  })
  print(proofText(`Tenant ${name} was erased`, places, Date.now()))
  if (places.some(({ remains }) => remains > 0)) process.exitCode = 1
}

async function dropReaderOf(name: string): Promise<void> {
  await withAdminClient(async (client) => {
    const readers = await listReaders(client)
    if (readers.some(({ tenant }) => tenant === name)) await dropReader(client, name)
  })
}

async function isSure(name: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('there is nobody to ask: --yes erases without asking')
  return (await ask(`Erase all that tenant ${name} has, for good? Type its name: `)) === name
}
