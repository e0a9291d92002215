import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type Command, Option } from '@commander-js/extra-typings'
import { type Tier, tierNames } from '@penstock/shared/config/tier.ts'
import { addExamples, wholeNumber } from '../cli/command.ts'
import { print, sayError, say as show } from '../cli/output.ts'
import { keepToOwner, removeLocalSuite, rootFolder, stateFolder } from '../cli/state.ts'
import { stopSignal } from '../cli/stop.ts'
import { UsageError } from '../cli/usage-error.ts'
import { removeData } from './fresh.ts'
import { closeServer, listenOnLoopback } from './listen.ts'
import { takeLock } from './lock.ts'
import { startSuite } from './suite.ts'
import { welcome } from './welcome.ts'

const DATABASE = `
DATABASE_URL=postgres://… uses that server instead of the embedded PostgreSQL. It must be the URL of a superuser.`

/** Describes `penstock start`. */
export function describeCommand(start: Command): void {
  start
    .option('--port <n>', "the gateway's port", wholeNumber(1, 65_535), 8080)
    .option('--open', 'callers without credentials act as the tenant `default`; web pages are refused')
    .option('--fresh', 'deletes the local data and keys first')
    .option('--bundles', 'runs the bundles in dist/, which `penstock build` writes, as they are deployed')
    .addOption(
      new Option('--tier <name>', 'runs the deployments of this tier, with its budget of connections')
        .choices(tierNames)
        .default('standard' as const)
        .env('PENSTOCK_TIER'),
    )
    .addHelpText('after', DATABASE)
    .action(startOnce)
  addExamples(start, 'penstock start', 'penstock start --port 8090 --open', 'penstock start --fresh')
}

interface Options {
  readonly port: number
  readonly open?: boolean | undefined
  readonly fresh?: boolean | undefined
  readonly bundles?: boolean | undefined
  readonly tier: Tier
}

interface Wanted {
  readonly port: number
  readonly open: boolean
  readonly fresh: boolean
  readonly bundles: boolean
  readonly tier: Tier
}

async function startOnce({ port, open = false, fresh = false, bundles = false, tier }: Options): Promise<void> {
  const crash = new AbortController()
  process.on('uncaughtException', (error) => {
    sayError(error)
    crash.abort()
  })
  // Under npm, Ctrl-C arrives twice, from the terminal and from npm; the second one finds the stop in progress.
  const stop = AbortSignal.any([stopSignal(), crash.signal])
  try {
    await run({ port, open, fresh, bundles, tier }, stop)
  } catch (error) {
    if (!stop.aborted) throw error
  }
  if (crash.signal.aborted) process.exitCode = 1
}

async function run({ port, open, fresh, bundles, tier }: Wanted, stop: AbortSignal): Promise<void> {
  const begun = performance.now()
  const own = process.env
  if (fresh && own['DATABASE_URL'] !== undefined) {
    throw new UsageError('--fresh deletes the embedded database, and DATABASE_URL names another: use one of them')
  }
  if (bundles && !existsSync(join(rootFolder, 'dist', 'manifest.json'))) {
    throw new UsageError('--bundles needs the folder dist/: run `npx penstock build` first')
  }
  // Files that the suite writes are readable only by the user who started it.
  process.umask(0o077)
  keepToOwner(stateFolder)
  const release = takeLock(stateFolder, `http://127.0.0.1:${port}`)
  try {
    removeLocalSuite(stateFolder)
    await refuseTakenPort(port)
    if (fresh) await removeData(stateFolder)
    const suite = await startSuite({ port, open, tier, bundles, rootFolder, stateFolder, own, show, signal: stop })
    print(welcome(suite.local, Date.now(), performance.now() - begun, open))
    const broken = await Promise.race([suite.broken, aborted(stop)])
    show(broken ?? 'stopping')
    await suite.stop()
    if (broken !== undefined) throw new Error('the suite stopped because a part of it failed')
  } finally {
    release()
  }
}

/** Checks the port before anything is started; it may still be taken by the time the gateway listens. */
async function refuseTakenPort(port: number): Promise<void> {
  const probe = createServer()
  await listenOnLoopback(probe, port)
  await closeServer(probe)
}

async function aborted(stop: AbortSignal): Promise<undefined> {
  return await new Promise((resolve) => {
    stop.addEventListener('abort', () => resolve(undefined), { once: true })
    if (stop.aborted) resolve(undefined)
  })
}
