// Measures the time of a new instance from its start to its first answer, including the database's part.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Method } from '@penstock/shared/base/wire.ts'
import { type Tier, tierNames } from '@penstock/shared/config/tier.ts'
import { send } from '../../../cli/send.ts'
import { allDeployments, deploymentsOf, routesOf } from '../../../deploy/deployments.ts'
import { bodyOf, firstChoice, targetOf } from '../../../deploy/example-request.ts'
import { examplesOf } from '../../../deploy/examples.ts'
import type { Bench, Experiment } from '../experiment.ts'
import { type Slice, type Subject, takeTurns } from '../measure.ts'
import { type Row, toRow } from '../row.ts'
import type { RunningFunction } from '../running-function.ts'
import type { Stage } from '../stage.ts'

export interface FirstRequest {
  readonly method: Method
  readonly path: string
  readonly body?: string
}

/** One start per turn. The first is not counted; it loads the files into the machine's cache. */
const TURNS = { rounds: 4, sliceMs: 0, warmUpMs: 0 }
const TIMEOUT_MS = 30_000
const DAY_MS = 86_400_000
/** A function that does nothing, under the same framework. */
const NOTHING = 'nothing'
const NOTHING_SOURCE = `import { http } from '@google-cloud/functions-framework'
http('${NOTHING}', (_request, response) => response.end('{}'))
`

/** Starts per second, one after the other; the limit is a function that does nothing. */
export function coldStart(functionName: string): Experiment {
  const name = `cold-start.${functionName}`
  return {
    names: [name],
    what: 'from no process to the first answer that needs the database',
    run: async ({ turns, stageOf }) => {
      const stage = await stageOf(tierOf(functionName))
      return [await measure({ stage, turns }, name, functionName, await firstRequestOf(functionName))]
    },
  }
}

/** The tier whose functions are measured: standard, or the first one that has this deployment. */
function tierOf(functionName: string): Tier {
  const found = (['standard', ...tierNames] as const).find((tier) =>
    deploymentsOf(tier).some(({ name }) => name === functionName),
  )
  if (!found) throw new Error(`there is no deployment ${functionName}`)
  return found
}

/** An example of the first slice that a deployment serves: of a route that reads, or else of the first one. */
async function firstRequestOf(functionName: string): Promise<FirstRequest> {
  const [served] = allDeployments().find(({ name }) => name === functionName)?.serves ?? []
  if (!served) throw new Error(`there is no deployment ${functionName}`)
  const world = { tenant: 'default', monthMs: Date.now() - DAY_MS, planted: 'first', cursors: {} }
  const examples = await examplesOf(served)
  const routes = Object.entries(await routesOf(served))
  const valid = routes.flatMap(([key, route]) => {
    const example = examples[key]?.[0]?.(world, firstChoice)
    return example && example.refusal === undefined && !example.parameters ? [{ route, example }] : []
  })
  const { route, example } =
    valid.find((one) => one.route.method === 'GET' && one.route.scope !== 'none' && !one.route.failures) ??
    valid[0] ??
    {}
  if (!route || !example) throw new Error(`functions/${served.slice}/examples.ts has no valid request: add one`)
  const body = bodyOf(example)
  return {
    method: route.method,
    path: targetOf(route, example),
    ...(body === undefined ? {} : { body: Buffer.from(body).toString() }),
  }
}

async function measure(
  { stage, turns }: Pick<Bench, 'stage' | 'turns'>,
  name: string,
  functionName: string,
  request: FirstRequest,
): Promise<Row> {
  mkdirSync(join(stage.folder, 'dist', NOTHING), { recursive: true })
  writeFileSync(join(stage.folder, 'dist', NOTHING, 'index.js'), NOTHING_SOURCE)
  writeFileSync(join(stage.folder, 'dist', NOTHING, 'package.json'), '{ "type": "module" }')
  let peakRssMb: number | null = null
  let connections = 0
  const authorization = stage.authorizationFor(functionName)
  const look = async (instance: RunningFunction) => {
    peakRssMb = Math.max(peakRssMb ?? 0, instance.peakRssMb() ?? 0) || null
    connections = Math.max(connections, await instance.countConnections()())
  }
  const subject = starting(stage, functionName, request, { authorization, look })
  const nothing = starting(stage, NOTHING, { method: 'GET', path: '/' }, { authorization, look: async () => {} })
  const [slices = [], limit = []] = await takeTurns([subject, nothing], { ...turns, ...TURNS })
  return toRow({ name, unit: 'starts/s', slices, limit, peakRssMb, connections })
}

export interface Start {
  readonly authorization: string
  /** Examines the instance after its first answer. */
  readonly look: (instance: RunningFunction) => Promise<void>
  /** Additional variables of the process. */
  readonly more?: Readonly<Record<string, string>>
}

/** In each turn, starts an instance, sends one request and stops it. */
export function starting(
  stage: Stage,
  functionName: string,
  { method, path, body }: FirstRequest,
  { authorization, look, more = {} }: Start,
): Subject {
  const headers = { authorization, 'content-type': 'application/json' }
  return {
    async run(): Promise<Slice> {
      const begun = performance.now()
      const instance = await stage.start(functionName, more)
      const url = `http://127.0.0.1:${instance.port}${path}`
      const { status } = await send(url, {
        method,
        headers,
        timeoutMs: TIMEOUT_MS,
        ...(body === undefined ? {} : { body }),
      })
      const ms = performance.now() - begun
      await look(instance)
      await instance.stop()
      const isRight = status >= 200 && status <= 299
      return { count: 1, seconds: ms / 1000, latenciesMs: isRight ? [ms] : [], errors: isRight ? 0 : 1 }
    },
  }
}
