// npm run schedule: the declared jobs, and one of them run now by the suite that runs in this checkout.
import { Cron } from 'croner'
import { send } from './local/send.ts'
import { readLocalSuite } from './local/state.ts'
import { findSchedule, schedules } from './schedules.ts'
import { textTable } from './text-table.ts'

const USAGE = `usage: npm run schedule -- list
       npm run schedule -- run NAME`

const [command, name, ...rest] = process.argv.slice(2)
if (command === 'list' && name === undefined) {
  console.log(listed())
} else if (command === 'run' && name !== undefined && rest.length === 0) {
  process.exitCode = await run(name).catch((error: unknown) => {
    console.error(`schedule: ${(error as Error).message}`)
    return 1
  })
} else {
  console.error(USAGE)
  process.exitCode = 2
}

function listed(): string {
  const rows = Object.entries(schedules).map(([job, { cron, time_zone, method, path }]) => [
    job,
    cron,
    new Cron(cron, { timezone: time_zone, paused: true }).nextRun()?.toISOString().slice(0, 19).replace('T', ' ') ??
      'never',
    `${method} ${path}`,
  ])
  return textTable(['job', 'cron (UTC)', 'next', 'call'], rows)
}

/** A run by hand, as the operator: it has no schedule time, so it does not stand for a scheduled run. Prints the answer. */
async function run(job: string): Promise<number> {
  const { method, path, body, attempt_deadline_s } = findSchedule(job)
  const suite = readLocalSuite()
  if (!suite) throw new Error('no suite runs in this checkout: npm start')
  const answer = await send(suite.base_url + path, {
    method,
    headers: { authorization: `Bearer ${suite.operator_key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    timeoutMs: attempt_deadline_s * 1000,
  })
  const ok = answer.status >= 200 && answer.status < 300
  if (!ok) console.error(`schedule: ${job} answered ${answer.status}`)
  console.log(answer.body)
  return ok ? 0 : 1
}
