import { createServer } from 'node:http'
import { print, sayError, say as show } from '../cli/output.ts'
import { keepToOwner, removeLocalSuite, rootFolder, stateFolder } from '../cli/state.ts'
import { UsageError } from '../cli/usage-error.ts'
import { type Arguments, readArguments, USAGE } from './arguments.ts'
import { removeData } from './fresh.ts'
import { closeServer, listenOnLoopback } from './listen.ts'
import { takeLock } from './lock.ts'
import { startSuite } from './suite.ts'
import { welcome } from './welcome.ts'

const stop = new AbortController()
let crashed = false

// Ctrl-C reaches us twice under npm: from the terminal, and passed on. One stop is under way then.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
process.on('uncaughtException', (error) => {
  sayError(error)
  crashed = true
  stop.abort()
})

export async function startCommand(args: string[]): Promise<number> {
  const begun = performance.now()
  try {
    const options = readArguments(args, process.env['PENSTOCK_TIER'])
    if (options.help) print(USAGE)
    else await run(options, begun)
    return crashed ? 1 : 0
  } catch (error) {
    if (stop.signal.aborted) return crashed ? 1 : 0
    show(`npm start: ${(error as Error).message}`)
    return error instanceof UsageError ? 2 : 1
  }
}

async function run({ port, open, fresh, tier }: Arguments, begun: number): Promise<void> {
  const own = process.env
  if (fresh && own['DATABASE_URL'] !== undefined) {
    throw new UsageError('--fresh deletes the embedded database, and DATABASE_URL names another: use one of them')
  }
  // Whatever the suite writes from here on belongs to the user who started it.
  process.umask(0o077)
  keepToOwner(stateFolder)
  const release = takeLock(stateFolder, `http://127.0.0.1:${port}`)
  try {
    removeLocalSuite(stateFolder)
    await refuseTakenPort(port)
    if (fresh) await removeData(stateFolder)
    const suite = await startSuite({ port, open, tier, rootFolder, stateFolder, own, show, signal: stop.signal })
    print(welcome(suite.local, Date.now(), performance.now() - begun, open))
    const broken = await Promise.race([suite.broken, aborted()])
    show(broken ?? 'stopping')
    await suite.stop()
    if (broken !== undefined) throw new Error('the suite could not go on')
  } finally {
    release()
  }
}

/** Before anything is started, though what is free now may be taken when the gateway listens. */
async function refuseTakenPort(port: number): Promise<void> {
  const probe = createServer()
  await listenOnLoopback(probe, port)
  await closeServer(probe)
}

async function aborted(): Promise<undefined> {
  return await new Promise((resolve) => {
    stop.signal.addEventListener('abort', () => resolve(undefined), { once: true })
    if (stop.signal.aborted) resolve(undefined)
  })
}
