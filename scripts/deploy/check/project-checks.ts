// Checks of the project before anything is deployed to it: billing, APIs, permissions, policies, quotas.
import { readdirSync, readFileSync } from 'node:fs'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import type { Rest } from '../google/rest.ts'
import { type Check, type Finding, failed, ok, skipped, type Target } from './check.ts'

const TERRAFORM = new URL('../../../terraform/', import.meta.url)
/** Files whose resources exist only when an option asks for them. */
const OPTIONAL = ['bigquery.tf', 'gateway.tf', 'redis.tf']

interface ResourceRules {
  readonly types: Readonly<Record<string, { readonly permissions: readonly string[] }>>
}
interface RegionRules {
  readonly cloudBuild: readonly string[]
  readonly source: string
}

/**
 * Returns the permissions that `terraform apply` needs: those of every resource type in the files, so a new resource type adds its own.
 * @throws {Error} naming a type that terraform/rules/resources.json does not know.
 */
export function neededPermissions(terraform: string, types: ResourceRules['types']): readonly string[] {
  const made = [...terraform.matchAll(/^resource "(google_\w+)"/gm)].flatMap(([, type]) => type ?? [])
  const permissions = [...new Set(made)].flatMap((type) => {
    const known = types[type]
    if (known === undefined) throw new Error(`terraform/rules/resources.json does not know ${type}`)
    return known.permissions
  })
  return [...new Set(permissions)].sort()
}

/** Returns the needed permissions for this checkout without options. */
export const projectPermissions = (): readonly string[] =>
  neededPermissions(terraformText(), readRules<ResourceRules>('resources').types)

const readTerraform = (name: string): string => readFileSync(new URL(name, TERRAFORM), 'utf8')
const readRules = <T>(name: string): T => JSON.parse(readTerraform(`rules/${name}.json`)) as T

/** Returns the text of all Terraform files except those of options. */
const terraformText = (): string =>
  ['.', 'modules/function', 'modules/scheduled']
    .flatMap((folder) => readdirSync(new URL(folder, TERRAFORM)).map((name) => `${folder}/${name}`))
    .filter((path) => path.endsWith('.tf') && !OPTIONAL.some((name) => path.endsWith(`/${name}`)))
    .map(readTerraform)
    .join('\n')

/** Returns the checks of the project, in the order in which to correct their failures. */
export function projectChecks(rest: Rest, target: Target): readonly Check[] {
  return [
    { name: 'project', run: async () => await project(rest, target) },
    { name: 'billing', run: async () => await billing(rest, target) },
    { name: 'APIs', run: async () => await apis(rest, target) },
    { name: 'region', run: async () => await region(rest, target) },
    { name: 'region of builds', run: async () => await Promise.resolve(buildRegion(target)) },
    { name: 'who deploys', run: async () => await permissions(rest, target) },
    { name: 'public invokers', run: async () => await publicInvokers(rest, target) },
    { name: 'public ingress', run: async () => await publicIngress(rest, target) },
    { name: 'quota of CPUs', run: async () => await cpuQuota(rest, target) },
  ]
}

/** https://cloud.google.com/resource-manager/reference/rest/v1/projects/get */
async function project(rest: Rest, { project: id }: Target): Promise<Finding> {
  const found = await rest.get<{ lifecycleState: string; projectNumber: string }>(
    'cloudresourcemanager',
    `/v1/projects/${id}`,
  )
  if (found?.lifecycleState === 'ACTIVE') return ok(`${id}, number ${found.projectNumber}`)
  return failed(found ? `${id} is ${found.lifecycleState}` : `there is no ${id}`, `gcloud projects create ${id}`)
}

/** https://cloud.google.com/billing/docs/reference/rest/v1/projects/getBillingInfo */
async function billing(rest: Rest, { project: id }: Target): Promise<Finding> {
  const found = await rest.get<{ billingEnabled?: boolean }>('cloudbilling', `/v1/projects/${id}/billingInfo`)
  if (found?.billingEnabled === true) return ok('enabled')
  return failed('no billing account', `gcloud billing projects link ${id} --billing-account=ACCOUNT`)
}

/** https://cloud.google.com/service-usage/docs/reference/rest/v1/services/batchGet */
async function apis(rest: Rest, { project: id }: Target): Promise<Finding> {
  const wanted = neededApis(readTerraform('services.tf'))
  const query = wanted.map((name) => `names=projects/${id}/services/${name}`).join('&')
  const found = await rest.get<{ services?: { name: string; state: string }[] }>(
    'serviceusage',
    `/v1/projects/${id}/services:batchGet?${query}`,
  )
  const enabled = new Set(
    found?.services?.filter(({ state }) => state === 'ENABLED').map(({ name }) => name.split('/').at(-1)),
  )
  const missing = wanted.filter((name) => !enabled.has(name))
  if (missing.length === 0) return ok(`${wanted.length} enabled`)
  return failed(`not enabled: ${missing.join(', ')}`, `gcloud services enable ${missing.join(' ')} --project=${id}`)
}

/** Returns the APIs that Terraform always enables: those of the list before its options. */
export function neededApis(terraform: string): string[] {
  const list = /concat\(\[([^\]]*)\]/.exec(terraform)?.[1] ?? ''
  return [...list.matchAll(/"([a-z]+\.googleapis\.com)"/g)].flatMap((match) => match[1] ?? [])
}

/** https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations/list */
async function region(rest: Rest, { project: id, region: wanted }: Target): Promise<Finding> {
  const found = await rest.get<{ locations?: { locationId: string }[] }>(
    'cloudfunctions',
    `/v2/projects/${id}/locations?pageSize=200`,
  )
  const names = found?.locations?.map(({ locationId }) => locationId) ?? []
  if (names.includes(wanted)) return ok(wanted)
  return failed(
    `${wanted} runs no functions`,
    `take one of: ${names.sort().join(', ') || 'gcloud functions regions list'}`,
  )
}

/** Functions are built in their own region, and a new project can build only in some regions. */
function buildRegion({ region: wanted }: Target): Finding {
  const { cloudBuild, source } = readRules<RegionRules>('regions')
  if (cloudBuild.includes(wanted)) return ok(`${wanted} takes builds of every project`)
  return skipped(`${wanted} may refuse builds of a new project: ${source}; ${cloudBuild.join(', ')} do not`)
}

/** https://cloud.google.com/resource-manager/reference/rest/v1/projects/testIamPermissions */
async function permissions(rest: Rest, { project: id }: Target): Promise<Finding> {
  const needed = projectPermissions()
  const { permissions: given = [] } = await rest.post<{ permissions?: string[] }>(
    'cloudresourcemanager',
    `/v1/projects/${id}:testIamPermissions`,
    { permissions: needed },
  )
  const missing = needed.filter((name) => !given.includes(name))
  if (missing.length === 0) return ok(`you have the ${needed.length} permissions that Terraform's resources need`)
  return failed(
    `you lack ${missing.join(', ')}`,
    `gcloud projects add-iam-policy-binding ${id} --member=user:YOU --role=roles/owner`,
  )
}

interface ListPolicy {
  readonly listPolicy?: {
    readonly allValues?: 'ALLOW' | 'DENY'
    readonly allowedValues?: readonly string[]
    readonly deniedValues?: readonly string[]
  }
}

/** https://cloud.google.com/resource-manager/reference/rest/v1/projects/getEffectiveOrgPolicy */
async function effectivePolicy(rest: Rest, id: string, constraint: string): Promise<ListPolicy['listPolicy']> {
  const path = `/v1/projects/${id}:getEffectiveOrgPolicy`
  const body = { constraint: `constraints/${constraint}` }
  return (await rest.post<ListPolicy>('cloudresourcemanager', path, body)).listPolicy
}

/** Functions authenticate callers themselves, so Cloud Run must let all requests through to them. */
async function publicInvokers(rest: Rest, { project: id }: Target): Promise<Finding> {
  const constraint = 'iam.allowedPolicyMemberDomains'
  const policy = await effectivePolicy(rest, id, constraint)
  const limits = policy?.allValues === 'DENY' || (policy?.allowedValues?.length ?? 0) > 0
  if (!limits) return ok('no policy keeps allUsers from being granted roles/run.invoker')
  return failed(
    `${constraint} lets only members of ${policy?.allowedValues?.join(', ') ?? 'nobody'} be granted roles`,
    `gcloud org-policies reset ${constraint} --project=${id}`,
  )
}

async function publicIngress(rest: Rest, { project: id }: Target): Promise<Finding> {
  const constraint = 'run.allowedIngress'
  const policy = await effectivePolicy(rest, id, constraint)
  const allowed = policy?.allowedValues ?? []
  const denied =
    policy?.allValues === 'DENY' ||
    (policy?.deniedValues ?? []).includes('all') ||
    (allowed.length > 0 && !allowed.includes('all'))
  if (!denied) return ok('functions may be reached from outside')
  return failed(
    `${constraint} allows ${allowed.join(', ') || 'nothing'}`,
    `set gateway_domain, so that requests come by the load balancer; or gcloud org-policies reset ${constraint} --project=${id}`,
  )
}

interface QuotaMetrics {
  readonly metrics?: readonly {
    readonly metric: string
    readonly consumerQuotaLimits?: readonly {
      readonly unit?: string
      readonly quotaBuckets?: readonly { readonly effectiveLimit?: string; readonly dimensions?: { region?: string } }[]
    }[]
  }[]
}

/**
 * A deployment fails when the function's maximum of instances needs more CPUs than the region's quota; new projects may have 20.
 * https://cloud.google.com/service-usage/docs/reference/rest/v1beta1/services.consumerQuotaMetrics/list
 */
async function cpuQuota(rest: Rest, { project: id, region: where, tier }: Target): Promise<Finding> {
  const found = await rest.get<QuotaMetrics>(
    'serviceusage',
    `/v1beta1/projects/${id}/services/run.googleapis.com/consumerQuotaMetrics?view=BASIC&pageSize=500`,
  )
  const metric = found?.metrics?.find(({ metric: name }) => name === 'run.googleapis.com/cpu_allocation')
  const buckets = metric?.consumerQuotaLimits?.flatMap((limit) => limit.quotaBuckets ?? []) ?? []
  const own = buckets.find((bucket) => bucket.dimensions?.region === where)
  const limit = Number((own ?? buckets.find((bucket) => bucket.dimensions === undefined))?.effectiveLimit ?? Number.NaN)
  if (Number.isNaN(limit)) return skipped('Cloud Run does not list a quota of CPUs')
  const [largest, needed] = Object.entries(budget.tiers[tier].deployments)
    .map(([name, { instances, cpu }]) => [name, instances * cpu * 1000] as const)
    .reduce((most, one) => (one[1] > most[1] ? one : most))
  const told = `${limit / 1000} CPUs in ${where}; ${largest} may use ${needed / 1000}`
  if (limit < 0 || needed <= limit) return ok(limit < 0 ? `no limit in ${where}` : told)
  return failed(
    told,
    `https://console.cloud.google.com/iam-admin/quotas?project=${id}: raise "Total CPU allocation" of Cloud Run in ${where}`,
  )
}
