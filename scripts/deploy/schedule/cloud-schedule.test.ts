import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type FakeJob,
  type FakeScheduler,
  LOCATION,
  startFakeScheduler,
  TOKEN,
} from '../../../test/support/google/fake-scheduler.ts'
import { openRest } from '../google/rest.ts'
import { type Schedule, schedules } from '../schedules.ts'
import { DESCRIPTION } from './cloud-job.ts'
import { type CloudDeps, listJobs, pauseJob, runJob, syncJobs } from './cloud-schedule.ts'
import { openScheduler } from './scheduler-api.ts'

const target = { project: 'acme-prod', region: 'europe-west1', prefix: 'penstock' }
const PARTITIONS = `${LOCATION}/jobs/penstock-partitions`
let fake: FakeScheduler
let shown: string[]
let asked: string[]
let agrees: boolean
let deployed: boolean

beforeEach(async () => {
  fake = await startFakeScheduler()
  shown = []
  asked = []
  agrees = true
  deployed = true
})

afterEach(async () => {
  await fake.close()
})

test('a declared job that is not there is made as Terraform makes it, after the plan was shown and agreed to', async () => {
  expect(await syncJobs(deps(), target)).toBe(true)

  expect(asked).toEqual(['apply this plan?'])
  expect(shown[0]).toBe(
    'create penstock-partitions\n  */5 * * * *: POST https://partitions.example/api/v1/monitoring/partitions/run',
  )
  expect(fake.jobs.get(PARTITIONS)).toMatchObject({
    schedule: '*/5 * * * *',
    timeZone: 'Etc/UTC',
    attemptDeadline: '1800s',
    retryConfig: { retryCount: 3, minBackoffDuration: '5s', maxBackoffDuration: '60s', maxDoublings: 4 },
    httpTarget: {
      uri: 'https://partitions.example/api/v1/monitoring/partitions/run',
      httpMethod: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: Buffer.from('{}').toString('base64'),
      oidcToken: {
        serviceAccountEmail: 'penstock-scheduler@acme-prod.iam.gserviceaccount.com',
        audience: 'penstock/acme-prod/partitions',
      },
    },
  })
})

test('a second sync finds nothing to do and asks nothing', async () => {
  await syncJobs(deps(), target)
  asked = []
  shown = []

  expect(await syncJobs(deps(), target)).toBe(true)
  expect([asked, shown]).toEqual([[], ['nothing to do: every declared job is there as declared']])
})

test('a declined plan changes nothing', async () => {
  agrees = false

  expect(await syncJobs(deps(), target)).toBe(false)
  expect(fake.changes).toEqual([])
})

test('a job that was changed by hand is changed back, field by field named, and stays paused', async () => {
  await syncJobs(deps(), target)
  await pauseJob(deps(), target, 'partitions', 'pause')
  change({ schedule: '0 * * * *', attemptDeadline: '180s' })
  shown = []

  await syncJobs(deps(), target)

  expect(shown[0]).toBe('change penstock-partitions\n  cron 0 * * * * → */5 * * * *\n  deadline 180 → 1800')
  expect(fake.jobs.get(PARTITIONS)).toMatchObject({
    schedule: '*/5 * * * *',
    attemptDeadline: '1800s',
    state: 'PAUSED',
  })
})

test('a job of ours that is no longer declared is removed; one of somebody else stays', async () => {
  await syncJobs(deps(), target)
  const job = fake.jobs.get(PARTITIONS) as FakeJob
  for (const [id, description] of [
    ['penstock-old', DESCRIPTION],
    ['penstock-theirs', 'made in the console'],
    ['another', ''],
  ])
    fake.jobs.set(`${LOCATION}/jobs/${id}`, { ...job, name: `${LOCATION}/jobs/${id}`, description })
  shown = []

  await syncJobs(deps(), target)

  expect(shown[0]).toBe('remove penstock-old\n  no longer declared')
  expect([...fake.jobs.keys()].map((name) => name.split('/').at(-1))).toEqual([
    'penstock-partitions',
    'penstock-theirs',
    'another',
  ])
})

test('nothing is changed while a function is not deployed', async () => {
  deployed = false

  await expect(syncJobs(deps(), target)).rejects.toThrow(
    'the function penstock-partitions is not deployed in acme-prod, europe-west1',
  )
  expect(fake.changes).toEqual([])
})

test('the list says what is there, what differs, and how the last run went', async () => {
  expect(await listJobs(deps(), target)).toMatch(/^partitions \| not there .* npm run schedule -- sync$/m)
  await syncJobs(deps(), target)
  expect(await listJobs(deps(), target)).toMatch(
    /^partitions \| ENABLED \| \*\/5 \* \* \* \* \| 2026-11-20 17:15:00 \| never +\| as declared$/m,
  )

  change({
    timeZone: 'Europe/Paris',
    lastAttemptTime: '2026-11-20T17:10:00Z',
    status: { code: 13, message: 'URL_ERROR' },
  })

  expect(await listJobs(deps(), target)).toContain(
    '2026-11-20 17:10:00 failed (13, URL_ERROR) | differs: time zone Europe/Paris → Etc/UTC',
  )
})

test('a job is run at once, without a question', async () => {
  await syncJobs(deps(), target)
  asked = []

  await runJob(deps(), target, 'partitions')

  expect(fake.changes.at(-1)).toBe(`run ${PARTITIONS}`)
  expect(asked).toEqual([])
})

test('a job is paused once it was agreed to, and resumed; being so already is not an error', async () => {
  await syncJobs(deps(), target)

  agrees = false
  expect(await pauseJob(deps(), target, 'partitions', 'pause')).toBe(false)
  expect(fake.jobs.get(PARTITIONS)?.state).toBe('ENABLED')
  agrees = true
  expect(await pauseJob(deps(), target, 'partitions', 'pause')).toBe(true)
  expect(await pauseJob(deps(), target, 'partitions', 'pause')).toBe(true)
  expect(fake.jobs.get(PARTITIONS)?.state).toBe('PAUSED')
  await pauseJob(deps(), target, 'partitions', 'resume')
  expect(fake.jobs.get(PARTITIONS)?.state).toBe('ENABLED')
})

test.each([
  ['an undeclared job', () => runJob(deps(), target, 'nothing'), 'there is no job nothing; the jobs are: partitions'],
  [
    'a job that is not there',
    () => pauseJob(deps(), target, 'partitions', 'pause'),
    'penstock-partitions does not exist',
  ],
  ['running one that is not there', () => runJob(deps(), target, 'partitions'), 'Job not found'],
])('%s is refused', async (_, call, message) => {
  await expect(call()).rejects.toThrow(message)
})

test("a wrong token is reported in the service's words", async () => {
  await expect(listJobs(deps('stale'), target)).rejects.toThrow('invalid authentication credentials')
})

test('what the service would not take is refused before it is stored', async () => {
  const late: Schedule = { ...(schedules['partitions'] as Schedule), attempt_deadline_s: 1801 }

  await expect(syncJobs({ ...deps(), schedules: { late } }, target)).rejects.toThrow('attempt_deadline')
  expect(fake.jobs.size).toBe(0)
})

function deps(token = TOKEN): CloudDeps {
  const source = async (): Promise<string> => token
  return {
    api: openScheduler(source, { apiEndpoint: '127.0.0.1', port: fake.port, protocol: 'http' }),
    rest: openRest({ token: source, fetch: async (url) => functionsAnswer(url as string) }),
    schedules: { partitions: schedules['partitions'] as Schedule },
    show: (line) => shown.push(line),
    confirm: async (question) => {
      asked.push(question)
      return agrees
    },
  }
}

function functionsAnswer(url: string): Response {
  const name = /^https:\/\/cloudfunctions\.googleapis\.com\/v2\/(.*)$/.exec(url)?.[1]
  if (!deployed || name !== `${LOCATION}/functions/penstock-partitions`)
    return Response.json({ error: { code: 404, message: 'Resource was not found' } }, { status: 404 })
  return Response.json({ name, state: 'ACTIVE', serviceConfig: { uri: 'https://partitions.example' } })
}

function change(fields: Record<string, unknown>): void {
  fake.jobs.set(PARTITIONS, { ...(fake.jobs.get(PARTITIONS) as FakeJob), ...fields })
}
