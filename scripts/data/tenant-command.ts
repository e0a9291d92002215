import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../cli/command.ts'
import { ask, print, say } from '../cli/output.ts'
import { JSON_OPTION, printRecords } from '../cli/records.ts'
import { UsageError } from '../cli/usage-error.ts'
import { withAdminClient } from '../database/admin-client.ts'
import { dropReader, listReaders } from '../database/keys/readers.ts'
import { proofText } from './erase/proof.ts'
import { refreshStatistics, withErasure } from './erase/session.ts'
import { eraseTenant } from './erase/tenant.ts'
import { exportPoints } from './export/points.ts'
import { exportRows } from './export/rows.ts'
import { openSink } from './export/sink.ts'
import { describeLimit, describeQuotas } from './quotas/quotas-command.ts'

/** Functions remember a key for 30 s, and what they were doing then may take them a moment. */
const SETTLE_MS = 35_000

/** Describes `penstock tenant`. */
export function describeCommand(tenant: Command): void {
  const handingOver = tenant
    .command('export')
    .argument('<name>', 'the tenant')
    .description('Writes all data of a tenant as Parquet and NDJSON, with a manifest.')
    .requiredOption('--to <folder>', 'a folder, or gs://bucket/prefix')
    .option(...JSON_OPTION)
    .action(handOver)
  addExamples(
    handingOver,
    'penstock tenant export acme --to ./acme',
    'penstock tenant export acme --to gs://my-bucket/acme',
  )
  const erasing = tenant
    .command('erase')
    .argument('<name>', 'the tenant')
    .description('Erases all data of a tenant for good, and prints a proof; ends with 1 when something is left.')
    .option('--yes', 'erases without asking')
    .action(erase)
  addExamples(erasing, 'penstock tenant erase acme')
  describeQuotas(tenant)
  describeLimit(tenant)
  addExamples(
    tenant,
    'penstock tenant export acme --to ./acme',
    'penstock tenant erase acme',
    'penstock tenant quotas acme',
    'penstock tenant limit acme dead_letter --rows 500000',
  )
}

async function handOver(name: string, { to, json }: { readonly to: string; readonly json?: boolean | undefined }) {
  const files = await withErasure(process.env, { tenant: name, action: 'tenant.export' }, async (deps) => {
    const sink = openSink(to, process.env['ARCHIVE_STORAGE_ENDPOINT'])
    await exportPoints(deps, sink)
    await exportRows(deps, sink)
    return await sink.finish({ tenant: name, made_at: new Date().toISOString() })
  })
  const row = (file: (typeof files)[number]) => [file.name, `${file.rows}`, `${file.bytes}`, file.sha256]
  printRecords(files, { json, head: ['file', 'rows', 'bytes', 'sha256'], row })
}

/** Erases a tenant. Sets exit code 1 when anything is left. */
async function erase(name: string, { yes }: { readonly yes?: true | undefined }): Promise<void> {
  if (yes !== true && !(await isSure(name))) throw new Error('nothing was erased')
  const places = await withErasure(process.env, { tenant: name, action: 'tenant.erase' }, async (deps) => {
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
  if (!process.stdin.isTTY)
    throw new UsageError('stdin is not a terminal, so nobody can confirm: --yes erases without asking')
  return (await ask(`Erase all that tenant ${name} has, for good? Type its name: `)) === name
}
