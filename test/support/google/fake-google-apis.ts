// Google's admin APIs, as far as the checks of a deployment use them. A request that the service would refuse is refused. Paths and
// bodies follow the references that scripts/deploy/check names.
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { schedules } from '../../../scripts/deploy/schedules.ts'

export interface FakeProject {
  /** Answers by `service path`; everything else is 404. Tests change them. */
  readonly resources: Map<string, unknown>
  readonly enabled: Set<string>
  /** Permissions of the caller on the project. */
  readonly permissions: Set<string>
  /** Effective organisation policies by constraint; a missing one allows everything. */
  readonly policies: Map<string, unknown>
  readonly fetch: typeof globalThis.fetch
  /** `METHOD service path` of every request. */
  readonly asked: string[]
}

export const TOKEN = 'ya29.fake'
export const PROJECT = 'acme-prod'
export const REGION = 'europe-west1'

const PLACE = `projects/${PROJECT}/locations/${REGION}`
/** The services that answer even when the project has not enabled them. */
const ALWAYS = ['cloudresourcemanager', 'serviceusage', 'cloudbilling']

/** The existing methods: service, method, path. */
const METHODS: readonly (readonly [string, string, RegExp])[] = [
  ['cloudresourcemanager', 'GET', /^\/v1\/projects\/[a-z0-9-]+$/],
  [
    'cloudresourcemanager',
    'POST',
    /^\/v1\/projects\/[a-z0-9-]+:(testIamPermissions|getEffectiveOrgPolicy|getIamPolicy)$/,
  ],
  ['cloudbilling', 'GET', /^\/v1\/projects\/[a-z0-9-]+\/billingInfo$/],
  ['serviceusage', 'GET', /^\/v1\/projects\/[a-z0-9-]+\/services:batchGet$/],
  ['serviceusage', 'GET', /^\/v1beta1\/projects\/[a-z0-9-]+\/services\/run\.googleapis\.com\/consumerQuotaMetrics$/],
  ['cloudfunctions', 'GET', /^\/v2\/projects\/[a-z0-9-]+\/locations(\/[a-z0-9-]+\/functions\/[a-z0-9-]+)?$/],
  ['run', 'GET', /^\/v2\/projects\/[a-z0-9-]+\/locations\/[a-z0-9-]+\/services\/[a-z0-9-]+:getIamPolicy$/],
  ['sqladmin', 'GET', /^\/v1\/projects\/[a-z0-9-]+\/instances\/[a-z0-9-]+$/],
  ['secretmanager', 'GET', /^\/v1\/projects\/[a-z0-9-]+\/secrets\/[a-z0-9-]+(\/versions\/latest)?$/],
  ['storage', 'GET', /^\/storage\/v1\/b\/[a-z0-9-]+$/],
  ['cloudscheduler', 'GET', /^\/v1\/projects\/[a-z0-9-]+\/locations\/[a-z0-9-]+\/jobs\/[a-z0-9-]+$/],
]

/** Makes a project to which a small suite was deployed by Terraform. */
export function fakeProject(): FakeProject {
  const project: FakeProject = {
    resources: new Map(Object.entries(deployed())),
    enabled: new Set(),
    permissions: new Set(),
    policies: new Map(),
    asked: [],
    fetch: async (input, init = {}) => await answer(project, new URL(input as string), init),
  }
  return project
}

async function answer(project: FakeProject, url: URL, init: RequestInit): Promise<Response> {
  const [service = ''] = url.hostname.split('.')
  const method = init.method ?? 'GET'
  const headers = new Headers(init.headers)
  project.asked.push(`${method} ${service} ${url.pathname}`)
  if (url.hostname !== `${service}.googleapis.com` || url.protocol !== 'https:') return refusal(404, 'no such host')
  if (headers.get('authorization') !== `Bearer ${TOKEN}`)
    return refusal(401, 'Request had invalid authentication credentials.')
  if (!METHODS.some(([name, verb, path]) => name === service && verb === method && path.test(url.pathname)))
    return refusal(400, `there is no ${method} ${url.pathname}`)
  if (!ALWAYS.includes(service) && !project.enabled.has(`${service}.googleapis.com`)) return disabled(service)
  if (method === 'POST') return posted(project, url.pathname, headers, JSON.parse(init.body as string))
  if (url.pathname.endsWith('services:batchGet')) return batch(project, url.searchParams.getAll('names'))
  const found = project.resources.get(`${service} ${url.pathname}`)
  return found === undefined ? refusal(404, `${url.pathname} was not found`) : Response.json(found)
}

function posted(project: FakeProject, path: string, headers: Headers, body: Record<string, unknown>): Response {
  if (headers.get('content-type') !== 'application/json') return refusal(400, 'not JSON')
  if (!path.startsWith(`/v1/projects/${PROJECT}:`)) return refusal(403, 'The caller does not have permission')
  if (path.endsWith(':testIamPermissions')) {
    const wanted = body['permissions'] as string[]
    if (wanted.some((name) => !/^[a-z]+\.[A-Za-z]+\.[A-Za-z]+$/.test(name))) return refusal(400, 'not a permission')
    const permissions = wanted.filter((name) => project.permissions.has(name))
    // Without granted permissions the service returns an empty object, not an empty list.
    return Response.json(permissions.length === 0 ? {} : { permissions })
  }
  if (path.endsWith(':getIamPolicy')) return Response.json(project.resources.get('iam') ?? {})
  const { constraint } = body as { constraint?: string }
  if (!constraint?.startsWith('constraints/')) return refusal(400, 'constraint is needed')
  return Response.json({ constraint, listPolicy: project.policies.get(constraint) ?? { allValues: 'ALLOW' } })
}

function batch(project: FakeProject, names: readonly string[]): Response {
  if (names.length === 0 || names.length > 30) return refusal(400, 'names: between 1 and 30')
  if (names.some((name) => !name.startsWith(`projects/${PROJECT}/services/`))) return refusal(400, 'another project')
  const services = names.map((name) => ({
    name: name.replace(PROJECT, '123456789'),
    state: project.enabled.has(name.split('/').at(-1) ?? '') ? 'ENABLED' : 'DISABLED',
  }))
  return Response.json({ services })
}

const disabled = (service: string): Response =>
  refusal(
    403,
    `API ${service}.googleapis.com has not been used in project ${PROJECT} before or it is disabled.`,
    'SERVICE_DISABLED',
  )

function refusal(code: number, message: string, reason?: string): Response {
  const details = reason === undefined ? [] : [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }]
  return Response.json({ error: { code, message, details } }, { status: code })
}

const FUNCTIONS = Object.entries(budget.tiers.small.deployments).map(([name, { instances, concurrency }]) => ({
  name,
  config: { maxInstanceCount: instances, maxInstanceRequestConcurrency: concurrency },
}))

function deployed(): Record<string, unknown> {
  const names = FUNCTIONS.map(({ name }) => name)
  const account = (name: string): string => `penstock-${name}@${PROJECT}.iam.gserviceaccount.com`
  return {
    [`cloudresourcemanager /v1/projects/${PROJECT}`]: { lifecycleState: 'ACTIVE', projectNumber: '123456789' },
    [`cloudbilling /v1/projects/${PROJECT}/billingInfo`]: { billingEnabled: true },
    [`cloudfunctions /v2/projects/${PROJECT}/locations`]: {
      locations: [{ locationId: REGION }, { locationId: 'us-east1' }],
    },
    [`serviceusage /v1beta1/projects/${PROJECT}/services/run.googleapis.com/consumerQuotaMetrics`]: quota('20000'),
    iam: {
      bindings: [
        { role: 'roles/cloudsql.instanceUser', members: names.map((name) => `serviceAccount:${account(name)}`) },
      ],
    },
    [`sqladmin /v1/projects/${PROJECT}/instances/penstock-db`]: instance({}),
    ...Object.fromEntries(
      FUNCTIONS.flatMap(({ name, config }) => [
        [
          `cloudfunctions /v2/${PLACE}/functions/penstock-${name}`,
          {
            state: 'ACTIVE',
            serviceConfig: { ...config, uri: `https://penstock-${name}.run.app`, serviceAccountEmail: account(name) },
          },
        ],
        [
          `run /v2/${PLACE}/services/penstock-${name}:getIamPolicy`,
          { bindings: [{ role: 'roles/run.invoker', members: ['allUsers'] }] },
        ],
      ]),
    ),
    ...Object.fromEntries(
      ['cursor-key', 'point-id-key', 'key-checksum-key', 'postgres-password'].flatMap((name) => [
        [`secretmanager /v1/projects/${PROJECT}/secrets/penstock-${name}`, { name }],
        [
          `secretmanager /v1/projects/${PROJECT}/secrets/penstock-${name}/versions/latest`,
          { name: `projects/1/secrets/penstock-${name}/versions/3`, state: 'ENABLED' },
        ],
      ]),
    ),
    ...Object.fromEntries(
      ['archive', 'bundles'].map((name) => [
        `storage /storage/v1/b/${PROJECT}-penstock-${name}`,
        bucket('EUROPE-WEST1'),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(schedules).map(([name, { cron }]) => [
        `cloudscheduler /v1/${PLACE}/jobs/penstock-${name}`,
        { state: 'ENABLED', schedule: cron },
      ]),
    ),
  }
}

/** A quota as the service shows it: a default for all regions, and one for our region if it was changed. */
export const quota = (limit: string): unknown => ({
  metrics: [
    {
      metric: 'run.googleapis.com/cpu_allocation',
      consumerQuotaLimits: [
        {
          unit: '1/{project}/{region}',
          quotaBuckets: [{ effectiveLimit: '200000' }, { effectiveLimit: limit, dimensions: { region: REGION } }],
        },
      ],
    },
  ],
})

export const bucket = (location: string, publicAccessPrevention = 'enforced'): unknown => ({
  location,
  iamConfiguration: { publicAccessPrevention, uniformBucketLevelAccess: { enabled: true } },
})

/** Makes the description of the database, with some settings changed. */
export const instance = (changed: Record<string, unknown>, maximum = budget.tiers.small.max_connections): unknown => ({
  state: 'RUNNABLE',
  region: REGION,
  databaseVersion: 'POSTGRES_15',
  settings: {
    tier: 'db-f1-micro',
    databaseFlags: [
      { name: 'max_connections', value: String(maximum) },
      { name: 'cloudsql.iam_authentication', value: 'on' },
    ],
    ipConfiguration: { ipv4Enabled: false, sslMode: 'ENCRYPTED_ONLY' },
    backupConfiguration: { enabled: true, pointInTimeRecoveryEnabled: true },
    ...changed,
  },
})
