import { promisify } from 'node:util'
import type { Command } from '@commander-js/extra-typings'
import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { logger } from '@penstock/shared/base/logger.ts'
import { parseEnvironment, timeLimitSettings, timeLimits } from '@penstock/shared/config/config.ts'
import { createSeriesResolver } from '@penstock/shared/points/series.ts'
import { z } from 'zod'
import { addExamples } from '../../cli/command.ts'
import { print, say, screen } from '../../cli/output.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { openAdminDatabase } from '../../database/admin-database.ts'
import { findAdminTenant } from '../../database/admin-tenant.ts'
import { ADMIN } from '../../database/roles.ts'
import { ImportError } from './import-error.ts'
import { createMeter } from './meter.ts'
import { type ImportOptions, importOptions, toImportOptions } from './options.ts'
import { importFiles } from './run.ts'
import { openDatabaseSink } from './sinks/database-sink.ts'
import { openDrySink } from './sinks/dry-sink.ts'
import { openHttpSink } from './sinks/http-sink.ts'
import type { Sink } from './sinks/sink.ts'

const STATEMENT_TIMEOUT_MS = 60_000
const COMPLAINED = 3
/** Over HTTP the key determines the tenant, and the server knows the limits. */
const TENANT_OF_THE_KEY: Tenant = { id: 0, name: '', seriesLimit: 0, ignoredLabels: [] }

const pause = promisify(setTimeout)
logger.level = 'silent'

/** Describes `penstock import`. */
export function describeCommand(command: Command): void {
  importOptions(command).action(async (files, values) => {
    const options = toImportOptions(files, values, process.env)
    try {
      process.exitCode = await run(options)
    } catch (error) {
      if (error instanceof ImportError || error instanceof UsageError) throw error
      const { message } = error as Error
      throw new Error(`${message}; what was stored stays, and the next run resumes from there`, { cause: error })
    }
  })
  addExamples(
    command,
    'penstock import boiler.csv --service boiler-7 --zone Europe/Berlin',
    'penstock import history/*.csv.gz --service "{file}" --metric temperature=temperature:celsius --dry-run',
    'penstock import points.ndjson --url http://127.0.0.1:8080 --key pk_… --progress points.progress',
  )
}

async function run(options: ImportOptions): Promise<number> {
  const limits = timeLimits(parseEnvironment(z.object(timeLimitSettings), process.env))
  const { sink, tenant, close } = await openTarget(options)
  try {
    const { refused, conflicting, useless } = await importFiles(
      {
        sink,
        now: Date.now,
        limits,
        print,
        openMeter: ({ name, size }) => createMeter({ now: Date.now, ...screen }, { name, size }),
      },
      tenant,
      options,
    )
    return options.strict && refused + conflicting + useless.length > 0 ? COMPLAINED : 0
  } finally {
    await close()
  }
}

interface Target {
  readonly sink: Sink
  readonly tenant: Tenant
  readonly close: () => Promise<void>
}

async function openTarget(options: ImportOptions): Promise<Target> {
  const { http, dryRun } = options
  if (!http) return await openDatabaseTarget(options)
  const sink = dryRun
    ? openDrySink(undefined, TENANT_OF_THE_KEY, Infinity)
    : openHttpSink({ fetch, pause, say }, http, http.progress)
  return { sink, tenant: TENANT_OF_THE_KEY, close: async () => {} }
}

async function openDatabaseTarget({ tenant: name, dryRun }: ImportOptions): Promise<Target> {
  const db = await openAdminDatabase({ role: ADMIN, statementTimeoutMs: STATEMENT_TIMEOUT_MS })
  try {
    const tenant = await findAdminTenant(db, name)
    if (!tenant)
      throw new ImportError(`there is no tenant ${name}. Create it: penstock keys create --tenant ${name} --scopes …`)
    if (tenant.suspended) throw new ImportError(`the tenant ${name} is suspended`)
    const series = createSeriesResolver({ db, now: Date.now })
    const deps = { db, series, pause, say }
    const sink = dryRun ? openDrySink(db, tenant, tenant.room) : openDatabaseSink(deps, tenant)
    return { sink, tenant, close: async () => await db.close() }
  } catch (error) {
    await db.close()
    throw error
  }
}
