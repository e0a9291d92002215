import { readFileSync } from 'node:fs'
import { budget, type ConnectionBudget, spent } from '@penstock/shared/database/connection-budget.ts'
import { beforeEach, expect, test } from 'vitest'
import {
  bucket,
  type FakeProject,
  fakeProject,
  instance,
  PROJECT,
  quota,
  REGION,
  TOKEN,
} from '../../../test/support/google/fake-google-apis.ts'
import { openRest } from '../google/rest.ts'
import { NO_CREDENTIALS, type TokenSource } from '../google/token.ts'
import { type CheckedLine, checklist, runChecks, type Target } from './check.ts'
import { type OfflineDeps, offlineChecks } from './offline-checks.ts'
import { neededApis, neededPermissions, projectChecks, projectPermissions } from './project-checks.ts'
import { suiteChecks } from './suite-checks.ts'

const target: Target = { project: PROJECT, region: REGION, tier: 'small', prefix: 'penstock' }
const apis = neededApis(readFileSync(new URL('../../../terraform/services.tf', import.meta.url), 'utf8'))
const { connections } = spent(budget, 'small')
const { reserved, max_connections } = budget.tiers.small
const mostCpus = Math.max(...Object.values(budget.tiers.small.deployments).map(({ instances, cpu }) => instances * cpu))
let fake: FakeProject

beforeEach(() => {
  fake = fakeProject()
  for (const name of apis) fake.enabled.add(name)
  for (const name of projectPermissions()) fake.permissions.add(name)
})

test('a project with a suite as Terraform makes it passes every check', async () => {
  const lines = await online()

  expect(lines.filter(({ finding }) => finding.state !== 'ok')).toEqual([])
  expect(checklist(lines)).toMatch(
    new RegExp(
      `^ok {7}database +POSTGRES_15, db-f1-micro: ${connections} \\+ ${reserved} of ${max_connections} connections$`,
      'm',
    ),
  )
})

test('whoever deploys needs a permission of every kind of resource, and a kind that nobody knows is refused', () => {
  expect(projectPermissions()).toEqual(
    expect.arrayContaining(['cloudbuild.builds.create', 'logging.buckets.create', 'pubsub.topics.setIamPolicy']),
  )
  expect(projectPermissions()).not.toContain('bigquery.tables.create')
  expect(() => neededPermissions('resource "google_new_thing" "it" {', {})).toThrow('does not know google_new_thing')
})

test('in a region that may refuse builds of new projects it is said before anything is made', async () => {
  const checks = projectChecks(rest(), { ...target, region: 'europe-west3' })
  const lines = await runChecks(checks, { ...target, region: 'europe-west3' })
  expect(lines.find(({ name }) => name === 'region of builds')?.finding.detail).toMatch(
    /^europe-west3 may refuse builds of a new project: .*europe-west1/,
  )
})

test('in a project where nothing was deployed yet the suite is skipped, not failed', async () => {
  for (const key of fake.resources.keys())
    if (/^(sqladmin|run|secretmanager|storage|cloudscheduler|iam)|\/functions\//.test(key)) fake.resources.delete(key)

  const lines = await online()

  expect(states(lines)).toMatchObject({
    project: 'ok',
    database: 'skipped',
    storage: 'skipped',
    'job partitions': 'skipped',
  })
  expect(lines.filter(({ finding }) => finding.state === 'failed')).toEqual([])
})

test('without credentials every question is skipped with the reason, and none is sent', async () => {
  const every = await online(async () => Promise.reject(new Error(NO_CREDENTIALS)))
  // Known without asking.
  const lines = every.filter(({ name }) => name !== 'region of builds')

  expect(lines.map(({ finding }) => finding)).toEqual(lines.map(() => ({ state: 'skipped', detail: NO_CREDENTIALS })))
  expect(fake.asked).toEqual([])
})

test('credentials that are refused fail, with the command that gets new ones', async () => {
  expect(await finding('project', async () => 'stale')).toMatchObject({ state: 'failed', mend: 'gcloud auth login' })
})

const place = `projects/${PROJECT}/locations/${REGION}`
const ingest = {
  maxInstanceCount: budget.tiers.small.deployments['metrics-ingest']?.instances,
  maxInstanceRequestConcurrency: budget.tiers.small.deployments['metrics-ingest']?.concurrency,
  serviceAccountEmail: `penstock-metrics-ingest@${PROJECT}.iam.gserviceaccount.com`,
}
const deployedAs = (state: string, changed: object) => () =>
  fake.resources.set(`cloudfunctions /v2/${place}/functions/penstock-metrics-ingest`, {
    state,
    serviceConfig: { ...ingest, ...changed },
  })
const databaseAs = (value: unknown) => () =>
  fake.resources.set(`sqladmin /v1/projects/${PROJECT}/instances/penstock-db`, value)
const given = (key: string, value: unknown) => () => fake.resources.set(key, value)
const policyOf = (constraint: string, policy: object) => () => fake.policies.set(`constraints/${constraint}`, policy)
const secretKey = `secretmanager /v1/projects/${PROJECT}/secrets/penstock-cursor-key/versions/latest`
const quotaKey = `serviceusage /v1beta1/projects/${PROJECT}/services/run.googleapis.com/consumerQuotaMetrics`
const jobKey = `cloudscheduler /v1/${place}/jobs/penstock-partitions`

test.each<[string, () => unknown, string, string]>([
  [
    'project',
    given(`cloudresourcemanager /v1/projects/${PROJECT}`, { lifecycleState: 'DELETE_REQUESTED' }),
    'is DELETE_REQUESTED',
    'gcloud projects create',
  ],
  [
    'billing',
    given(`cloudbilling /v1/projects/${PROJECT}/billingInfo`, {}),
    'no billing account',
    'gcloud billing projects link acme-prod',
  ],
  [
    'APIs',
    () => fake.enabled.delete('pubsub.googleapis.com'),
    'not enabled: pubsub.googleapis.com',
    'gcloud services enable pubsub.googleapis.com --project=acme-prod',
  ],
  [
    'database',
    () => fake.enabled.delete('sqladmin.googleapis.com'),
    'sqladmin.googleapis.com is not enabled',
    'gcloud services enable sqladmin.googleapis.com',
  ],
  [
    'region',
    given(`cloudfunctions /v2/projects/${PROJECT}/locations`, { locations: [{ locationId: 'us-east1' }] }),
    'runs no functions',
    'take one of: us-east1',
  ],
  [
    'who deploys',
    () => fake.permissions.delete('cloudsql.instances.create'),
    'you lack cloudsql.instances.create',
    'roles/owner',
  ],
  ['who deploys', () => fake.permissions.clear(), 'you lack artifactregistry.repositories.create, ', 'roles/owner'],
  [
    'public invokers',
    policyOf('iam.allowedPolicyMemberDomains', { allowedValues: ['C01234567'] }),
    'only members of C01234567',
    'gcloud org-policies reset iam.allowedPolicyMemberDomains',
  ],
  [
    'public ingress',
    policyOf('run.allowedIngress', { allowedValues: ['internal'] }),
    'allows internal',
    'gateway_domain',
  ],
  [
    'quota of CPUs',
    given(quotaKey, quota(String(mostCpus * 1000 - 1))),
    `CPUs in europe-west1; metrics-ingest may use ${mostCpus}`,
    'Total CPU allocation',
  ],
  [
    'database',
    databaseAs(instance({}, connections + reserved - 1)),
    `the functions may open ${connections} and ${reserved} are reserved`,
    'terraform -chdir=terraform apply -var-file=env/small.tfvars',
  ],
  [
    'database',
    databaseAs(instance({ databaseFlags: [] })),
    'max_connections is not set; IAM authentication is off',
    'apply',
  ],
  [
    'database',
    databaseAs(instance({ ipConfiguration: { ipv4Enabled: true, sslMode: 'ALLOW_UNENCRYPTED_AND_ENCRYPTED' } })),
    'it has a public address; it takes connections without TLS',
    'apply',
  ],
  [
    'database',
    databaseAs(instance({ backupConfiguration: { enabled: true } })),
    'point-in-time recovery is off',
    'apply',
  ],
  [
    'database roles',
    given('iam', {
      bindings: [
        {
          role: 'roles/cloudsql.instanceUser',
          members: [`serviceAccount:penstock-storage@${PROJECT}.iam.gserviceaccount.com`],
        },
      ],
    }),
    'without roles/cloudsql.instanceUser: penstock-metrics-ingest@',
    '--member=serviceAccount:penstock-metrics-ingest@',
  ],
  ['metrics-ingest', deployedAs('FAILED', {}), 'it is FAILED', 'apply'],
  ['metrics-ingest', deployedAs('ACTIVE', { maxInstanceCount: 99 }), '99 instances, and the budget has ', 'apply'],
  [
    'metrics-ingest',
    deployedAs('ACTIVE', { maxInstanceRequestConcurrency: 1 }),
    '1 requests at a time, and the budget has ',
    'apply',
  ],
  ['metrics-ingest', deployedAs('ACTIVE', { serviceAccountEmail: 'default@x' }), 'it runs as default@x', 'apply'],
  [
    'metrics-ingest',
    given(`run /v2/${place}/services/penstock-metrics-ingest:getIamPolicy`, {}),
    'allUsers may not invoke it',
    'gcloud run services add-iam-policy-binding penstock-metrics-ingest',
  ],
  [
    'secret cursor-key',
    given(secretKey, { state: 'DESTROYED' }),
    'its newest version is DESTROYED',
    '-var=cursor_key_version=N',
  ],
  ['secret cursor-key', () => fake.resources.delete(secretKey), 'it has no version', '-var=cursor_key_version=N'],
  [
    'bucket archive',
    given(`storage /storage/v1/b/${PROJECT}-penstock-archive`, bucket('US')),
    'it is in us',
    'cannot be moved',
  ],
  [
    'bucket archive',
    given(`storage /storage/v1/b/${PROJECT}-penstock-archive`, bucket('EUROPE-WEST1', 'inherited')),
    'it may be made public',
    'gcloud storage buckets update gs://acme-prod-penstock-archive',
  ],
  [
    'job partitions',
    given(jobKey, { state: 'PAUSED', schedule: '*/5 * * * *' }),
    'it is PAUSED',
    'npm run schedule -- resume partitions --project acme-prod',
  ],
  [
    'job partitions',
    given(jobKey, { state: 'ENABLED', schedule: '0 * * * *' }),
    'it runs at 0 * * * *',
    'npm run schedule -- sync',
  ],
])('%s fails with the command that mends it (%#)', async (name, change, detail, mend) => {
  change()
  const found = await finding(name)

  expect(found).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining(detail),
    mend: expect.stringContaining(mend),
  })
  expect(checklist([{ name, finding: found }])).toMatch(/^FAILED .*\n +→ .*\n\n0 ok, 1 failed, 0 skipped$/)
})

test('max_connections of the instance is enough at just what the functions and the reserve need', async () => {
  databaseAs(instance({}, connections + reserved))()

  expect((await finding('database')).state).toBe('ok')
})

test('a quota that is just enough is enough, and none in this region falls back to the one of all', async () => {
  given(quotaKey, quota(String(mostCpus * 1000)))()
  expect((await finding('quota of CPUs')).state).toBe('ok')
  given(quotaKey, { metrics: [] })()
  expect((await finding('quota of CPUs')).state).toBe('skipped')
})

test('a caller who may not ask is told so, and the other checks go on', async () => {
  const elsewhere = await runChecks(projectChecks(rest(), { ...target, project: 'someone-elses' }), target)

  expect(elsewhere.find(({ name }) => name === 'who deploys')?.finding).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('you may not ask'),
    mend: expect.stringContaining('roles/viewer'),
  })
  expect(elsewhere).toHaveLength(9)
})

test('every API that Terraform enables unasked is looked for', () => {
  expect(apis).toContain('sqladmin.googleapis.com')
  expect(apis).not.toContain('redis.googleapis.com')
  expect(apis.length).toBeGreaterThanOrEqual(14)
})

const offline: OfflineDeps = {
  plan: budget,
  nodeVersion: 'v24.21.0',
  run: async (program) =>
    program === 'terraform' ? '{"terraform_version":"1.11.4"}' : 'Google Cloud SDK 550.0.0\nbq 2',
  manifest: Object.fromEntries(
    Object.keys(budget.tiers.small.deployments).map((name) => [name, { sha256: '0', bytes: 1 }]),
  ),
  images: [{ file: 'Dockerfile', reference: `node:24@sha256:${'0'.repeat(64)}`, isPinned: true }],
}
const overspent = {
  ...budget,
  tiers: { ...budget.tiers, small: { ...budget.tiers.small, max_connections: connections + 7 } },
} as ConnectionBudget

test('this machine and this checkout pass without credentials', async () => {
  expect(states(await runChecks(offlineChecks(offline, target), target))).toEqual({
    node: 'ok',
    terraform: 'ok',
    gcloud: 'ok',
    bundles: 'ok',
    images: 'ok',
    names: 'ok',
    budget: 'ok',
  })
})

test.each<[string, Partial<OfflineDeps>, Partial<Target>, string]>([
  ['node', { nodeVersion: 'v22.18.0' }, {}, 'Node v22.18.0 is older than 24'],
  ['terraform', { run: async () => '{"terraform_version":"1.10.9"}' }, {}, 'Terraform 1.10.9 is older than 1.11'],
  [
    'gcloud',
    { run: async () => Promise.reject(new Error('spawn gcloud ENOENT')) },
    {},
    'gcloud does not run: spawn gcloud ENOENT',
  ],
  ['bundles', { manifest: undefined }, {}, 'not built: metrics-ingest, '],
  ['images', { images: [{ file: 'F', reference: 'node:24', isPinned: false }] }, {}, 'without a digest: node:24 (F)'],
  ['names', {}, { prefix: 'penstockx' }, 'penstockx-metrics-ingest-pubsub has 31 characters, 30 are allowed'],
  ['budget', { plan: overspent }, {}, `${connections} connections of ${connections - 1}`],
])('%s fails offline (%#)', async (name, deps, changed, detail) => {
  const lines = await runChecks(offlineChecks({ ...offline, ...deps }, { ...target, ...changed }), target)

  expect(lines.find((line) => line.name === name)?.finding).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining(detail),
  })
})

test('a later major version of a tool is not older', async () => {
  const lines = await runChecks(
    offlineChecks({ ...offline, run: async () => '{"terraform_version":"2.0.0"}' }, target),
    target,
  )

  expect(lines.find((line) => line.name === 'terraform')?.finding.state).toBe('ok')
})

const rest = (token: TokenSource = async () => TOKEN) => openRest({ token, fetch: fake.fetch })

async function online(token?: TokenSource): Promise<CheckedLine[]> {
  const client = rest(token)
  return await runChecks([...projectChecks(client, target), ...suiteChecks(client, target)], target)
}

async function finding(name: string, token?: TokenSource): Promise<CheckedLine['finding']> {
  const found = (await online(token)).find((line) => line.name === name)?.finding
  if (!found) throw new Error(`there is no check ${name}`)
  return found
}

const states = (lines: readonly CheckedLine[]): Record<string, string> =>
  Object.fromEntries(lines.map(({ name, finding: { state } }) => [name, state]))
