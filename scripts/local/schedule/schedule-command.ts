import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { ask, print, say } from '../../cli/output.ts'
import { JSON_OPTION } from '../../cli/records.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { openRest } from '../../deploy/google/rest.ts'
import { runProgram, tokenSource } from '../../deploy/google/token.ts'
import type { Target } from '../../deploy/schedule/cloud-job.ts'
import { type CloudDeps, listJobs, pauseJob, runJob, syncJobs } from '../../deploy/schedule/cloud-schedule.ts'
import { schedules } from '../../deploy/schedules.ts'
import { listLocalJobs, runLocalJob } from './local-schedule.ts'

/** Describes `penstock schedule`. Without --project it works on the suite that runs in this checkout. */
export function describeCommand(schedule: Command): void {
  const list = withTarget(schedule.command('list').description('Lists the declared jobs and when they run next.'))
    .option(...JSON_OPTION)
    .action(async ({ yes, json, ...where }) => {
      const target = targetOf(where)
      print(target === undefined ? listLocalJobs(json) : await listJobs(await cloudDeps(yes), target, json))
    })
  addExamples(list, 'penstock schedule list', 'penstock schedule list --project acme-prod --region europe-west1')
  const run = withTarget(schedule.command('run').argument('<name>').description('Runs a job now.')).action(
    async (name, { yes, ...where }) => {
      const target = targetOf(where)
      if (target === undefined) await runLocally(name)
      else await runJob(await cloudDeps(yes), target, name)
    },
  )
  addExamples(run, 'penstock schedule run partitions')
  const sync = withTarget(schedule.command('sync').description('Makes the deployed jobs as they are declared.')).action(
    async ({ yes, ...where }) => reported(await syncJobs(await cloudDeps(yes), deployed(where))),
  )
  addExamples(sync, 'penstock schedule sync --project acme-prod --region europe-west1')
  for (const verb of ['pause', 'resume'] as const) {
    const one = withTarget(
      schedule.command(verb).argument('<name>').description(`Lets a deployed job ${verb}.`),
    ).action(async (name, { yes, ...where }) =>
      reported(await pauseJob(await cloudDeps(yes), deployed(where), name, verb)),
    )
    addExamples(one, `penstock schedule ${verb} retention --project acme-prod --region europe-west1`)
  }
  addExamples(schedule, 'penstock schedule list', 'penstock schedule run partitions')
}

const withTarget = <Args extends unknown[]>(command: Command<Args>) =>
  command
    .option('--project <id>', 'the Google Cloud project of a deployed suite (default: the suite of this checkout)')
    .option('--region <name>', 'its region')
    .option('--prefix <name>', 'its prefix', 'penstock')
    .option('--yes', 'carries the plan out without asking')

interface Where {
  readonly project?: string | undefined
  readonly region?: string | undefined
  readonly prefix: string
}

/** Returns undefined for the suite of this checkout. */
function targetOf({ project, region, prefix }: Where): Target | undefined {
  if ((project === undefined) !== (region === undefined)) throw new UsageError('--project and --region go together')
  return project === undefined || region === undefined ? undefined : { project, region, prefix }
}

function deployed(where: Where): Target {
  const target = targetOf(where)
  if (target === undefined) throw new UsageError('give --project and --region: this works on a deployed suite only')
  return target
}

/** Sets exit code 1 for a plan that was declined. */
function reported(done: boolean): void {
  if (!done) process.exitCode = 1
}

async function cloudDeps(yes = false): Promise<CloudDeps> {
  // The client takes most of a second to load; the suite of this checkout needs none.
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

/** Asks the person at the terminal. Returns false when there is none, so that nothing is changed. */
async function asked(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    say('schedule: nothing was changed; --yes carries the plan out')
    return false
  }
  return /^y(es)?$/i.test((await ask(`${question} [y/N] `)).trim())
}

async function runLocally(job: string): Promise<void> {
  const { ok, status, body } = await runLocalJob(job)
  if (!ok) say(`schedule: ${job} answered ${status}`)
  print(body)
  reported(ok)
}
