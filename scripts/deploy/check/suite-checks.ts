// Checks of the deployed suite: database, functions, who may call them, accounts, secrets, buckets, schedules.
import { budget, type Deployment, spent } from '@penstock/shared/database/connection-budget.ts'
import type { Rest } from '../google/rest.ts'
import { schedules } from '../schedules.ts'
import { type Check, type Finding, failed, ok, skipped, type Target } from './check.ts'

/** Secrets that Terraform generates, each with the variable that makes a new version. */
const SECRETS = [
  ['cursor-key', '-var=cursor_key_version=N'],
  ['point-id-key', '-var=point_id_key_version=N'],
  ['key-checksum-key', "-var='key_checksum_key_versions=[N]'"],
  ['postgres-password', '-var=postgres_password_version=N'],
] as const
const NOT_YET = 'does not exist yet: terraform apply makes it'

/** Returns the checks of the suite; those of resources that do not exist yet are skipped. */
export function suiteChecks(rest: Rest, target: Target): readonly Check[] {
  const functions = Object.entries(budget.tiers[target.tier].deployments)
  return [
    { name: 'database', run: async () => await database(rest, target) },
    { name: 'database roles', run: async () => await databaseRoles(rest, target) },
    ...functions.map(([name, plan]) => ({ name, run: async () => await deployed(rest, target, name, plan) })),
    ...SECRETS.map(([name, variable]) => ({
      name: `secret ${name}`,
      run: async () => await secret(rest, target, name, variable),
    })),
    ...['archive', 'bundles'].map((name) => ({
      name: `bucket ${name}`,
      run: async () => await bucket(rest, target, name),
    })),
    ...Object.keys(schedules).map((name) => ({ name: `job ${name}`, run: async () => await job(rest, target, name) })),
  ]
}

interface Instance {
  readonly state?: string
  readonly region?: string
  readonly databaseVersion?: string
  readonly settings?: {
    readonly tier?: string
    readonly databaseFlags?: readonly { readonly name: string; readonly value: string }[]
    readonly ipConfiguration?: { readonly ipv4Enabled?: boolean; readonly sslMode?: string }
    readonly backupConfiguration?: { readonly enabled?: boolean; readonly pointInTimeRecoveryEnabled?: boolean }
  }
}

/** https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances/get */
async function database(rest: Rest, target: Target): Promise<Finding> {
  const { project, prefix, tier, region } = target
  const found = await rest.get<Instance>('sqladmin', `/v1/projects/${project}/instances/${prefix}-db`)
  if (!found) return skipped(NOT_YET)
  const { settings = {} } = found
  const flags = new Map(settings.databaseFlags?.map(({ name, value }) => [name, value]))
  const maximum = Number(flags.get('max_connections') ?? Number.NaN)
  const { connections } = spent(budget, tier)
  const { reserved } = budget.tiers[tier]
  const wrong = [
    found.state !== 'RUNNABLE' && `it is ${found.state}`,
    found.region !== region && `it is in ${found.region}`,
    Number.isNaN(maximum) && 'max_connections is not set',
    maximum - reserved < connections &&
      `max_connections is ${maximum}; the functions may open ${connections} and ${reserved} are reserved`,
    settings.ipConfiguration?.ipv4Enabled !== false && 'it has a public address',
    !['ENCRYPTED_ONLY', 'TRUSTED_CLIENT_CERTIFICATE_REQUIRED'].includes(settings.ipConfiguration?.sslMode ?? '') &&
      'it takes connections without TLS',
    flags.get('cloudsql.iam_authentication') !== 'on' && 'IAM authentication is off',
    settings.backupConfiguration?.enabled !== true && 'no backups are made',
    settings.backupConfiguration?.pointInTimeRecoveryEnabled !== true && 'point-in-time recovery is off',
  ].filter((sentence) => sentence !== false)
  if (wrong.length > 0) return failed(wrong.join('; '), apply(target))
  return ok(`${found.databaseVersion}, ${settings.tier}: ${connections} + ${reserved} of ${maximum} connections`)
}

/** https://cloud.google.com/resource-manager/reference/rest/v1/projects/getIamPolicy */
async function databaseRoles(rest: Rest, { project, prefix, tier }: Target): Promise<Finding> {
  const { bindings = [] } = await rest.post<Policy>('cloudresourcemanager', `/v1/projects/${project}:getIamPolicy`, {
    options: { requestedPolicyVersion: 3 },
  })
  const role = 'roles/cloudsql.instanceUser'
  const members = new Set(bindings.filter((binding) => binding.role === role).flatMap((binding) => binding.members))
  const accounts = Object.entries(budget.tiers[tier].deployments).flatMap(([name, { pool }]) =>
    pool > 0 ? accountOf(project, prefix, name) : [],
  )
  const missing = accounts.filter((account) => !members.has(`serviceAccount:${account}`))
  if (missing.length === accounts.length) return skipped(NOT_YET)
  if (missing.length === 0) return ok(`each of ${accounts.length} accounts has ${role}`)
  return failed(
    `without ${role}: ${missing.join(', ')}`,
    `gcloud projects add-iam-policy-binding ${project} --member=serviceAccount:${missing[0]} --role=${role}`,
  )
}

interface Policy {
  readonly bindings?: readonly { readonly role: string; readonly members: readonly string[] }[]
}

interface DeployedFunction {
  readonly state?: string
  readonly serviceConfig?: {
    readonly uri?: string
    readonly maxInstanceCount?: number
    readonly maxInstanceRequestConcurrency?: number
    readonly serviceAccountEmail?: string
  }
}

/**
 * https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions/get and
 * https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/getIamPolicy
 */
async function deployed(rest: Rest, target: Target, name: string, plan: Deployment): Promise<Finding> {
  const { project, region, prefix } = target
  const place = `projects/${project}/locations/${region}`
  const found = await rest.get<DeployedFunction>('cloudfunctions', `/v2/${place}/functions/${prefix}-${name}`)
  if (!found) return skipped(NOT_YET)
  const { serviceConfig: service = {} } = found
  const instances = plan.instances
  const wrong = [
    found.state !== 'ACTIVE' && `it is ${found.state}`,
    service.maxInstanceCount !== instances && `${service.maxInstanceCount} instances, and the budget has ${instances}`,
    service.maxInstanceRequestConcurrency !== plan.concurrency &&
      `${service.maxInstanceRequestConcurrency} requests at a time, and the budget has ${plan.concurrency}`,
    service.serviceAccountEmail !== accountOf(project, prefix, name) && `it runs as ${service.serviceAccountEmail}`,
  ].filter((sentence) => sentence !== false)
  if (wrong.length > 0) return failed(wrong.join('; '), apply(target))
  const policy = await rest.get<Policy>('run', `/v2/${place}/services/${prefix}-${name}:getIamPolicy`)
  const invokers = policy?.bindings?.find((binding) => binding.role === 'roles/run.invoker')?.members ?? []
  if (invokers.includes('allUsers')) return ok(service.uri ?? '')
  return failed(
    'allUsers may not invoke it; Cloud Run would refuse API keys and strip the signatures of tokens',
    `gcloud run services add-iam-policy-binding ${prefix}-${name} --project=${project} --region=${region} --member=allUsers --role=roles/run.invoker`,
  )
}

/** https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/get */
async function secret(rest: Rest, target: Target, name: string, variable: string): Promise<Finding> {
  const path = `/v1/projects/${target.project}/secrets/${target.prefix}-${name}`
  const found = await rest.get<{ state?: string; name?: string }>('secretmanager', `${path}/versions/latest`)
  if (found?.state === 'ENABLED') return ok(`version ${found.name?.split('/').at(-1)}`)
  if (!found && !(await rest.get('secretmanager', path))) return skipped(NOT_YET)
  return failed(
    found ? `its newest version is ${found.state}` : 'it has no version',
    `${apply(target)} ${variable}, one more than it is`,
  )
}

/** https://cloud.google.com/storage/docs/json_api/v1/buckets */
async function bucket(rest: Rest, { project, region, prefix }: Target, name: string): Promise<Finding> {
  const full = `${project}-${prefix}-${name}`
  const found = await rest.get<{
    location?: string
    iamConfiguration?: { publicAccessPrevention?: string; uniformBucketLevelAccess?: { enabled?: boolean } }
  }>('storage', `/storage/v1/b/${full}?fields=location,iamConfiguration`)
  if (!found) return skipped(NOT_YET)
  if (found.location?.toLowerCase() !== region)
    return failed(
      `it is in ${found.location?.toLowerCase()}`,
      'a bucket cannot be moved: deploy to its region, or with another name_prefix',
    )
  const { publicAccessPrevention, uniformBucketLevelAccess } = found.iamConfiguration ?? {}
  if (publicAccessPrevention === 'enforced' && uniformBucketLevelAccess?.enabled === true) return ok(found.location)
  return failed(
    'it may be made public',
    `gcloud storage buckets update gs://${full} --public-access-prevention --uniform-bucket-level-access`,
  )
}

/** https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs/get */
async function job(rest: Rest, { project, region, prefix }: Target, name: string): Promise<Finding> {
  const path = `/v1/projects/${project}/locations/${region}/jobs/${prefix}-${name}`
  const found = await rest.get<{ state?: string; schedule?: string }>('cloudscheduler', path)
  if (!found) return skipped(NOT_YET)
  const options = `--project ${project} --region ${region}`
  if (found.state !== 'ENABLED') return failed(`it is ${found.state}`, `npm run schedule -- resume ${name} ${options}`)
  if (found.schedule === schedules[name]?.cron) return ok(found.schedule ?? '')
  return failed(
    `it runs at ${found.schedule}, and ${schedules[name]?.cron} is declared`,
    `npm run schedule -- sync ${options}`,
  )
}

const accountOf = (project: string, prefix: string, name: string): string =>
  `${prefix}-${name}@${project}.iam.gserviceaccount.com`

/** The command of docs/deploy.md. */
const apply = ({ tier }: Target): string => `terraform -chdir=terraform apply -var-file=env/${tier}.tfvars`
