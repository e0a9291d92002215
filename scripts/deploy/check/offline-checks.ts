// Checks that need no credentials: this machine, this checkout, names and numbers.
import { type ConnectionBudget, spent } from '@penstock/shared/database/connection-budget.ts'
import type { Manifest } from '../build.ts'
import type { NamedImage } from '../image-digests.ts'
import { type Check, type Finding, failed, ok, type Target } from './check.ts'

export interface OfflineDeps {
  readonly plan: ConnectionBudget
  /** The value of `process.version`. */
  readonly nodeVersion: string
  /** Runs a program and returns its stdout. */
  readonly run: (program: string, args: readonly string[]) => Promise<string>
  /** The content of dist/manifest.json; undefined when nothing was built. */
  readonly manifest: Manifest | undefined
  /** Container images that the checkout names. */
  readonly images: readonly NamedImage[]
}

const NODE = [24]
/** The first version of Terraform with write-only arguments. */
const TERRAFORM = [1, 11]
const ACCOUNT_ID_MAX = 30
/** Maximum length of an identifier: https://www.postgresql.org/docs/15/limits.html */
const DATABASE_USER_MAX = 63

/** Checks tools, bundles, names, and the budget against the tier. */
export function offlineChecks(deps: OfflineDeps, target: Target): readonly Check[] {
  return [
    { name: 'node', run: async () => atLeast('Node', deps.nodeVersion, NODE, 'npm ci, which brings it along') },
    { name: 'terraform', run: async () => await terraform(deps) },
    { name: 'gcloud', run: async () => await gcloud(deps) },
    { name: 'bundles', run: async () => bundles(deps, target) },
    { name: 'images', run: async () => images(deps) },
    { name: 'names', run: async () => names(deps, target) },
    { name: 'budget', run: async () => budgetOf(deps, target) },
  ]
}

async function terraform({ run }: OfflineDeps): Promise<Finding> {
  const mend = 'https://developer.hashicorp.com/terraform/install'
  try {
    const { terraform_version } = JSON.parse(await run('terraform', ['version', '-json'])) as {
      terraform_version: string
    }
    return atLeast('Terraform', terraform_version, TERRAFORM, mend)
  } catch (error) {
    return failed(`terraform does not run: ${firstLine(error)}`, mend)
  }
}

async function gcloud({ run }: OfflineDeps): Promise<Finding> {
  try {
    return ok(firstLine(await run('gcloud', ['--version'])))
  } catch (error) {
    return failed(`gcloud does not run: ${firstLine(error)}`, 'https://cloud.google.com/sdk/docs/install')
  }
}

function atLeast(tool: string, version: string, wanted: readonly number[], mend: string): Finding {
  const parts = version.replace(/^v/, '').split('.').map(Number)
  const at = wanted.findIndex((number, i) => parts[i] !== number)
  return at === -1 || (parts[at] ?? 0) > (wanted[at] ?? 0)
    ? ok(`${tool} ${version}`)
    : failed(`${tool} ${version} is older than ${wanted.join('.')}`, mend)
}

function bundles({ plan, manifest }: OfflineDeps, { tier }: Target): Finding {
  const functions = Object.keys(plan.tiers[tier].deployments)
  const missing = functions.filter((name) => manifest?.[name] === undefined)
  return missing.length === 0
    ? ok(`${functions.length} in dist/`)
    : failed(`not built: ${missing.join(', ')}`, 'npm run build')
}

/** Without digests, anyone who can push a tag decides what runs as the admin job, with the database's password. */
function images(deps: OfflineDeps): Finding {
  const loose = deps.images.filter(({ isPinned }) => !isPinned)
  return loose.length === 0
    ? ok(`${deps.images.length} named by their digests`)
    : failed(
        `without a digest: ${loose.map(({ file, reference }) => `${reference} (${file})`).join(', ')}`,
        'npm run images -- pin',
      )
}

function names({ plan }: OfflineDeps, { project, prefix, tier }: Target): Finding {
  const mend = 'choose a shorter name_prefix (terraform/variables_optional.tf says what is allowed)'
  for (const name of Object.keys(plan.tiers[tier].deployments)) {
    const account = `${prefix}-${name}`
    if (account.length > ACCOUNT_ID_MAX)
      return failed(`the account ${account} has ${account.length} characters, ${ACCOUNT_ID_MAX} are allowed`, mend)
    const user = `${account}@${project}.iam`
    if (user.length > DATABASE_USER_MAX)
      return failed(`the database user ${user} has ${user.length} characters, ${DATABASE_USER_MAX} are allowed`, mend)
  }
  return ok(`accounts ${prefix}-…, database users ${prefix}-…@${project}.iam`)
}

function budgetOf({ plan }: OfflineDeps, { tier }: Target): Finding {
  const { connections, available } = spent(plan, tier)
  const { max_connections, reserved } = plan.tiers[tier]
  const told = `${connections} connections of ${available} (${max_connections} less ${reserved} reserved), tier ${tier}`
  if (connections <= available) return ok(told)
  const largest = Object.entries(plan.tiers[tier].deployments).sort(
    ([, a], [, b]) => b.instances * b.pool - a.instances * a.pool,
  )[0]
  return failed(told, `fewer instances of ${largest?.[0]} in shared/connection-budget.json, or a larger tier`)
}

const firstLine = (text: unknown): string =>
  (text instanceof Error ? text.message : String(text as string)).split('\n')[0] ?? ''
