// One run: start, prepare, warm up, attack, rest, and check the result.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Arguments } from './arguments.ts'
import { attack, type Tally } from './attack.ts'
import { databaseDamage, readUntouchable } from './database-state.ts'
import { type Findings, openFindings } from './findings.ts'
import type { HostileRequest } from './hostile-request.ts'
import { judgeDatabaseLog, judgeLog } from './logs.ts'
import { heldBy } from './memory.ts'
import { growthFindings, growthTable, type MemoryByFunction, requestTable } from './report.ts'
import { howToRepeat } from './reproduce.ts'
import { type HostileRoute, readHostileRoutes } from './routes.ts'
import { stall } from './stalled.ts'
import { createTalker, type Talker } from './talk.ts'
import { startTarget, type Target } from './target.ts'
import { sendUploads } from './uploads.ts'
import { PLANTED, type World } from './world.ts'
import { furnish, portOf, sendValid } from './world-setup.ts'

export interface RunOptions extends Arguments {
  /** Empty, and used only by this run. */
  readonly folder: string
  readonly show: (line: string) => void
  readonly signal: AbortSignal
}

const WARM_UP = 0.1
const REST_MS = 2_000
const PROGRESS_MS = 5_000
/** Below this number of requests, checks that take a minute are skipped. */
const LONG_RUN = 10_000

/** Runs an attack and shows its results. Returns the number of broken rules. */
export async function runHostile(options: RunOptions): Promise<number> {
  const { seed, folder, show } = options
  const routes = await readHostileRoutes()
  show(`seed ${seed}: starting PostgreSQL and the functions`)
  const target = await startTarget({ seed, folder })
  const talker = createTalker()
  const findings = openFindings(show)
  try {
    const world = await furnish(target, talker, routes)
    const before = await readUntouchable(target.admin)
    const pids = target.functions.map((one) => one.pid())
    await attackIt(options, { target, routes, world, findings })
    if (options.count >= LONG_RUN && options.at === undefined) await uploadTo(target, findings, show)
    await stillWell(target, talker, routes, world, findings)
    for (const damage of await databaseDamage(target.admin, before)) findings.add(damage)
    for (const [i, one] of target.functions.entries()) {
      if (one.pid() !== pids[i] || one.complaints.length > 0)
        findings.add(`${one.name} did not live through it: ${one.complaints.join('; ')}`)
    }
  } finally {
    talker.close()
    await target.stop()
  }
  judgeLogs(target, findings)
  for (const kind of findings.kinds()) show(kind)
  show(findings.count() === 0 ? 'nothing broke' : `${findings.count()} times something broke`)
  return findings.count()
}

interface Scene {
  readonly target: Target
  readonly routes: readonly HostileRoute[]
  readonly world: World
  readonly findings: Findings
}

async function attackIt(options: RunOptions, scene: Scene): Promise<void> {
  const { seed, only, at, count, show, signal, folder } = options
  const { target, world, findings } = scene
  const routes = scene.routes.filter((one) => one.name.startsWith(only ?? ''))
  if (routes.length === 0) throw new Error(`no route begins with ${only}`)
  const tallies = new Map<string, Tally>()
  const deps = {
    talker: createTalker,
    portOf: (request: HostileRequest) => portOf(target, request),
    onBroken: (request: HostileRequest, broken: readonly string[]) =>
      findings.add(
        `${broken.join('; ')} (request ${request.index}, ${request.route}, ${request.mutations.join(' and ')})`,
        () => howToRepeat(request, options, portOf(target, request), folder),
      ),
    signal,
  }
  const plan = { seed: only === undefined ? seed : `${seed} ${only}`, routes, world }
  if (at !== undefined) return await attack(deps, { ...plan, from: at, to: at + 1 }, tallies)

  const stalled = count >= LONG_RUN ? stall(target) : []
  const warm = Math.floor(count * WARM_UP)
  await attack(deps, { ...plan, from: 0, to: warm }, tallies)
  const before = await memoryOf(target)
  const progress = showProgress(tallies, count, show)
  await attack(deps, { ...plan, from: warm, to: count }, tallies)
  clearInterval(progress)
  for (const open of await stalled) findings.add(open)
  await sleep(REST_MS)
  const after = await memoryOf(target)
  for (const growth of growthFindings(before, after)) findings.add(growth)
  show(requestTable(tallies))
  show(growthTable(before, after))
}

async function uploadTo(target: Target, findings: Findings, show: (line: string) => void): Promise<void> {
  const { table, broken } = await sendUploads(target)
  for (const what of broken) findings.add(what)
  show(table)
}

async function memoryOf(target: Target): Promise<MemoryByFunction> {
  const held = await Promise.all(target.functions.map(async (one) => [one.name, await heldBy(one)] as const))
  return Object.fromEntries(held)
}

function showProgress(
  tallies: ReadonlyMap<string, Tally>,
  count: number,
  show: (line: string) => void,
): NodeJS.Timeout {
  const begun = performance.now()
  const sent = (): number => [...tallies.values()].reduce((total, tally) => total + tally.sent, 0)
  const already = sent()
  return setInterval(() => {
    const rate = (sent() - already) / ((performance.now() - begun) / 1_000)
    show(`${sent()} of ${count}, ${Math.round(rate)} a second`)
  }, PROGRESS_MS)
}

async function stillWell(
  target: Target,
  talker: Talker,
  routes: readonly HostileRoute[],
  world: World,
  findings: Findings,
): Promise<void> {
  try {
    // Some requests end what they name, so they are valid once; those of points are always valid.
    const lasting = routes.filter(({ name }) => name.startsWith('metrics-'))
    await sendValid(target, talker, lasting, world)
  } catch (error) {
    findings.add(`afterwards: ${(error as Error).message}`)
  }
}

function judgeLogs(target: Target, findings: Findings): void {
  const secrets = [...target.secrets, PLANTED]
  for (const one of target.functions) {
    for (const found of judgeLog(readFileSync(one.logFile, 'utf8'), secrets))
      findings.add(`the log of ${one.name} has ${found}`)
  }
  for (const found of judgeDatabaseLog(target.databaseLog(), secrets))
    findings.add(`the log of PostgreSQL has ${found}`)
}
