// Kills evaluators and senders of alerts: a receiver that compares ids sees each notification once, and in order.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Arena, type Fault, type Inflicted, USUAL, USUAL_LOAD, USUAL_SIZES } from '../fault.ts'
import type { Instance } from '../stand/instance.ts'
import type { Lift } from '../tally.ts'
import { type AlertReceiver, openAlertReceiver } from './alert-receiver.ts'

const ALERTS = '/api/v1/monitoring/alerts'
const SCOPES = ['alerts:write', 'alerts:read', 'metrics:write']
const TOLD_MS = 240_000
/** The time in which the first kill falls. It grows with each kill, so that every part of a run is reached, however slow the machine is. */
const KILL_WITHIN_MS = 200
const GROWTH = 1.3
const LONGEST_MS = 8_000

const common = {
  ...USUAL,
  // This tier has connections for two instances.
  stand: { tier: 'standard' },
  sizes: { ...USUAL_SIZES, alerts: 2 },
  load: { ...USUAL_LOAD, clients: 4, thinkMs: 60 },
} as const satisfies Partial<Fault>

/** Called with each run of the evaluation that begins. */
type DuringRun = (run: { readonly ended: Promise<unknown>; readonly instance: Instance }) => Promise<void>

export const killAlerts: Fault = {
  name: 'kill-alerts',
  tries: 'kill -9 of an evaluator or sender at any moment of its run',
  ...common,
  inflict: async (arena) =>
    await tell(arena, async ({ kill }) => {
      let within = KILL_WITHIN_MS
      return async ({ ended, instance }) => {
        await Promise.race([ended, sleep(arena.random.below(within))])
        await kill(instance)
        within = within > LONGEST_MS ? KILL_WITHIN_MS : Math.ceil(within * GROWTH)
      }
    }),
}

export const evaluateTwice: Fault = {
  name: 'alerts-twice',
  tries: 'two evaluators at once, all the time: no notification comes twice',
  ...common,
  inflict: async (arena) =>
    await tell(
      arena,
      async ({ run }) =>
        async () =>
          await run(),
      { once: true },
    ),
}

export const loseSettlement: Fault = {
  name: 'lose-settlement',
  tries: 'a receiver answers 200, and kill -9 of the sender before it notes that',
  ...common,
  inflict: async (arena) =>
    await tell(arena, async ({ kill, receiver }) => async ({ ended, instance }) => {
      let killed: Promise<void> | undefined
      receiver.onAnswered = (isFirst) => {
        if (isFirst && arena.random.below(5) === 0) killed ??= kill(instance)
      }
      await ended
      await killed
    }),
}

interface Tools {
  readonly receiver: AlertReceiver
  /** Runs the evaluation on another instance than the last one. Never throws. */
  readonly run: () => Promise<void>
  /** Kills an instance and ends its leases, as the passing of a minute does. */
  readonly kill: (instance: Instance) => Promise<void>
}

/** Makes rules breach and recover, runs the evaluation until everything was sent, and compares. */
async function tell(
  arena: Arena,
  prepare: (tools: Tools) => Promise<DuringRun>,
  { once = false } = {},
): Promise<Inflicted> {
  const { world, tenants, short } = arena
  // The points of the load's tenants are compared with its ledger, so the rules have a tenant of their own.
  const tenant = `${tenants[0]?.name ?? ''}-alerts`
  const apiKey = await world.makeKey(tenant, SCOPES)
  const rules = short ? 10 : 100
  const receiver = await openAlertReceiver()
  const lifts: Lift[] = []
  const runner = runnerOf(arena, tenant)
  try {
    const kill = async (instance: Instance): Promise<void> => {
      instance.kill()
      await instance.alive()
      lifts.push({ at: performance.now() })
      await world.server.ask(`update notification set next_attempt_at = clock_timestamp() where state = 'leased'`)
    }
    const during = await prepare({ receiver, kill, run: async () => await runner.run(runner.next()) })
    await makeRules(arena, apiKey, { rules, url: receiver.url })
    for (const [type, value] of TRANSITIONS) {
      await postPoints(arena, apiKey, { rules, value })
      await untilSent(arena, { type, rules, receiver, during, runner })
    }
    // The last run settles deliveries whose sender died.
    receiver.onAnswered = () => {}
    await runner.run(runner.next())
    const complaints = [...receiver.complaints(rules, once), ...(await unsettled(arena, tenant, rules))]
    const note = `${2 * rules} notifications in ${receiver.requests()} requests, ${runner.runs()} runs, ${lifts.length} kills`
    return { times: once ? runner.runs() : lifts.length, lifts, complaints, note }
  } finally {
    await receiver.close()
  }
}

/** The types of notifications in order, and the value of the points that lead to each. */
const TRANSITIONS = [
  ['alert.triggered', 100],
  ['alert.resolved', 10],
] as const

type Runner = ReturnType<typeof runnerOf>

/** Runs the evaluation on the instances in turn. */
function runnerOf({ world, fleet }: Arena, tenant: string) {
  const instances = fleet.of('alerts')
  let runs = 0
  return {
    runs: (): number => runs,
    next: (): Instance => instances[runs++ % instances.length] as Instance,
    /** Never throws: the instance may be killed. */
    async run(instance: Instance): Promise<void> {
      const { http } = await instance.alive()
      const headers = { authorization: `Bearer ${world.operatorKey}`, 'content-type': 'application/json' }
      await http
        .request({ method: 'POST', path: `${ALERTS}/evaluate`, headers, body: JSON.stringify({ tenant }) })
        .then(async ({ body }) => await body.dump())
        .catch(() => {})
    },
  }
}

interface Sending {
  readonly type: string
  readonly rules: number
  readonly receiver: AlertReceiver
  readonly during: DuringRun
  readonly runner: Runner
}

async function untilSent({ say }: Arena, { type, rules, receiver, during, runner }: Sending): Promise<void> {
  const deadline = performance.now() + TOLD_MS
  while (receiver.count(type) < rules && performance.now() < deadline) {
    const instance = runner.next()
    const ended = runner.run(instance)
    await during({ ended, instance })
    await ended
    say(`${receiver.count(type)} of ${rules} ${type}`)
  }
}

const service = (number: number): string => `alerting-${number}`

async function makeRules(
  { fleet }: Arena,
  apiKey: string,
  { rules, url }: { readonly rules: number; readonly url: string },
): Promise<void> {
  await ask(fleet, apiKey, ['alerts', `${ALERTS}/channels`, { type: 'webhook', name: 'receiver', url }])
  for (let number = 0; number < rules; number++)
    await ask(fleet, apiKey, [
      'alerts',
      ALERTS,
      {
        name: service(number),
        service_name: service(number),
        metric_type: 'm',
        threshold_type: 'absolute',
        threshold_value: 80,
        comparison_operator: '>',
        severity: 'critical',
        aggregate: 'last',
        evaluation_window_seconds: 3_600,
        notification_channels: ['webhook'],
      },
    ])
}

async function postPoints(
  { fleet }: Arena,
  apiKey: string,
  { rules, value }: { readonly rules: number; readonly value: number },
): Promise<void> {
  const points = Array.from({ length: rules }, (_, number) => ({
    service_name: service(number),
    metric_type: 'm',
    metric_value: value,
    unit: '1',
  }))
  await ask(fleet, apiKey, ['metrics-ingest', '/api/v1/monitoring/metrics/batch', points])
}

/** Posts as the tenant. @throws {Error} when the answer is not a success. */
async function ask(
  fleet: Arena['fleet'],
  apiKey: string,
  [functionName, path, json]: readonly [functionName: string, path: string, json: unknown],
): Promise<void> {
  const { http } = await fleet.route(functionName)
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const { statusCode, body } = await http.request({ method: 'POST', path, headers, body: JSON.stringify(json) })
  const text = await body.text()
  if (statusCode >= 300) throw new Error(`${path} answered ${statusCode}: ${text}`)
}

/** Compares the tables with what has to be there. */
async function unsettled({ world }: Arena, tenant: string, rules: number): Promise<readonly string[]> {
  const [seen] = await world.server.ask<{ events: number; resolved: number; sent: number; others: number }>(
    `select (select count(*)::int from alert_event where tenant_id = t.id) as events,
       (select count(*)::int from alert_event where tenant_id = t.id and resolved_at is not null) as resolved,
       (select count(*)::int from notification where tenant_id = t.id and state = 'sent') as sent,
       (select count(*)::int from notification where tenant_id = t.id and state <> 'sent') as others
     from tenant t where name = $1`,
    [tenant],
  )
  const wanted = { events: rules, resolved: rules, sent: 2 * rules, others: 0 }
  return JSON.stringify(seen) === JSON.stringify(wanted) ? [] : [`the tables have ${JSON.stringify(seen)}`]
}
