import { parseArgs } from 'node:util'
import { ask, print, say } from '../../cli/output.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { openRest } from '../../deploy/google/rest.ts'
import { runProgram, tokenSource } from '../../deploy/google/token.ts'
import type { Target } from '../../deploy/schedule/cloud-job.ts'
import { type CloudDeps, listJobs, pauseJob, runJob, syncJobs } from '../../deploy/schedule/cloud-schedule.ts'
import { schedules } from '../../deploy/schedules.ts'
import { listLocalJobs, runLocalJob } from './local-schedule.ts'

const USAGE = `usage: npm run schedule -- list
       npm run schedule -- run NAME
       npm run schedule -- list --project P --region R
       npm run schedule -- sync --project P --region R [--yes]
       npm run schedule -- run|pause|resume NAME --project P --region R [--yes]

  without --project  the suite that runs in this checkout
  --prefix NAME      of the deployed suite (default penstock)
  --yes              carry the plan out without asking`

export async function scheduleCommand(args: string[]): Promise<number> {
  try {
    const { command, name, target, yes } = readArguments(args)
    if (target) return (await inCloud(await cloudDeps(yes), target, command, name)) ? 0 : 1
    if (command === 'list' && name === undefined) return printed(listLocalJobs())
    if (command === 'run' && name !== undefined) return await runLocally(name)
    throw new UsageError('list and run NAME work without --project')
  } catch (error) {
    say(`schedule: ${(error as Error).message}`)
    if (!(error instanceof UsageError)) return 1
    say(USAGE)
    return 2
  }
}

interface Arguments {
  readonly command: string | undefined
  readonly name: string | undefined
  /** Undefined for the suite of this checkout. */
  readonly target: Target | undefined
  readonly yes: boolean
}

function readArguments(args: string[]): Arguments {
  const { values, positionals } = parsed(args)
  const [command, name, ...rest] = positionals
  const { project, region, prefix, yes } = values
  if (rest.length > 0) throw new UsageError(`what is ${rest.join(' ')}?`)
  if ((project === undefined) !== (region === undefined)) throw new UsageError('--project and --region go together')
  if (project === undefined || region === undefined) return { command, name, target: undefined, yes }
  return { command, name, target: { project, region, prefix }, yes }
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        project: { type: 'string' },
        region: { type: 'string' },
        prefix: { type: 'string', default: 'penstock' },
        yes: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0], { cause: error })
  }
}

async function inCloud(deps: CloudDeps, target: Target, command?: string, name?: string): Promise<boolean> {
  if (command === 'list' && name === undefined) return printed(await listJobs(deps, target)) === 0
  if (command === 'sync' && name === undefined) return await syncJobs(deps, target)
  if (name !== undefined && command === 'run') {
    await runJob(deps, target, name)
    return true
  }
  if (name !== undefined && (command === 'pause' || command === 'resume'))
    return await pauseJob(deps, target, name, command)
  throw new UsageError('what is to be done?')
}

async function cloudDeps(yes: boolean): Promise<CloudDeps> {
  // Loading the client takes most of a second, and the suite of this checkout needs none.
  const { openScheduler } = await import('../../deploy/schedule/scheduler-api.ts')
  const token = tokenSource({ env: process.env, run: runProgram })
  return {
    api: openScheduler(token),
    rest: openRest({ token, fetch }),
    schedules,
    show: print,
    confirm: async (question) => yes || (await asked(question)),
  }
}

/** Without a person who can answer, nothing is changed. */
async function asked(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    say('schedule: nothing was changed; --yes carries the plan out')
    return false
  }
  return /^y(es)?$/i.test((await ask(`${question} [y/N] `)).trim())
}

async function runLocally(job: string): Promise<number> {
  const { ok, status, body } = await runLocalJob(job)
  if (!ok) say(`schedule: ${job} answered ${status}`)
  print(body)
  return ok ? 0 : 1
}

function printed(text: string): number {
  print(text)
  return 0
}
