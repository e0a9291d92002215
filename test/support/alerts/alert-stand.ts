// Alert rules on a real database with the log of points, a clock of the test's own, and series to breach them.
import { randomUUID } from 'node:crypto'
import { type AlertRuleCreate, AlertRuleCreate as schema } from '@penstock/shared/alerts/rule-schema.ts'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { formatTimestamp, type Micros, monthOf } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { systemLookup } from '@penstock/shared/egress/target.ts'
import type { FullRunDeps } from '../../../functions/alerts/run.ts'
import { addSeries, type SeriesNames } from '../points/stored-series.ts'
import { createTenant } from '../postgres/database.ts'
import { type LogDatabase, type LogSeries, openLog } from '../postgres/log-database.ts'
import { testEnvelope } from './channel-keys.ts'

export interface AlertStand {
  readonly lab: LogDatabase
  readonly db: PenstockDatabase
  readonly caller: TenantPrincipal
  /** Another tenant. */
  readonly stranger: TenantPrincipal
  /** The present, in microseconds. */
  at: Micros
  /** Dependencies of the rules. */
  deps(db?: PenstockDatabase): FullRunDeps & { readonly sendsMail: boolean }
  series(names?: SeriesNames): Promise<LogSeries>
  /** Stores a value at the present. */
  put(series: LogSeries, value: number, at?: Micros): Promise<void>
  /** Adds a channel, of which nothing is sent. */
  channel(type: string): Promise<string>
  /** Everything that is queued, in order: `kind type` of each notification. */
  queued(ruleId: string): Promise<readonly string[]>
  close(): Promise<void>
}

export const START = Date.UTC(2026, 10, 20) * 1_000

export async function openAlerts(): Promise<AlertStand> {
  const lab = await openLog([monthOf(START)])
  const db = lab.open('alerts')
  const envelope = testEnvelope()
  const stand: AlertStand = {
    lab,
    db,
    caller: principal(lab.tenant),
    stranger: principal(await createTenant(lab.db)),
    at: START,
    deps: (own = db) => ({
      db: own,
      now: () => stand.at / 1_000,
      newId: randomUUID,
      limits: { runMs: 60_000, rules: 10_000, deliveryMs: 60_000 },
      envelope,
      target: { lookup: systemLookup, allowsLoopback: true },
      mailer: undefined,
      sendsMail: true,
      dashboard: 'https://penstock.example/console/',
    }),
    series: async (names) => ({ id: await addSeries(lab.db, lab.tenant, names), block: 0 }),
    put: async (series, value, at = stand.at) => await lab.write([[series, at, value]]),
    async channel(type) {
      const [row] = await lab.db.query<{ id: string }>(
        `insert into notification_channel (tenant_id, type, name, sealed, hint, created_by)
         values ($1, $2, 'c', '\\x00', 'h', gen_random_uuid()) returning id`,
        [lab.tenant, type],
      )
      return row?.id ?? ''
    },
    queued: async (ruleId) =>
      (
        await lab.db.query<{ text: string }>(
          `select kind || ' ' || channel_type as text from notification where rule_id = $1 order by created_at, channel_type`,
          [ruleId],
        )
      ).map(({ text }) => text),
    close: async () => await lab.close(),
  }
  return stand
}

const principal = (id: number): TenantPrincipal => ({
  kind: 'tenant',
  name: 'key:test',
  tenant: { id, name: `tenant-${id}`, seriesLimit: 0, ignoredLabels: [] },
  scopes: ['alerts:read', 'alerts:write'],
})

/** A rule as a client sends it: the mean of `svc`'s `temp` above 80. */
export const newRule = (more: object = {}): AlertRuleCreate =>
  schema.parse({
    name: 'Too hot',
    service_name: 'svc',
    metric_type: 'temp',
    threshold_type: 'absolute',
    threshold_value: 80,
    comparison_operator: '>',
    severity: 'warning',
    ...more,
  })

export const wire = (at: Micros): string => formatTimestamp(at)
