// The files that Terraform reads and the code say the same; and Terraform itself is content, where it is there.
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Routes } from '@penstock/shared/base/wire.ts'
import { commonSchema } from '@penstock/shared/config/config.ts'
import { tierNames } from '@penstock/shared/config/tier.ts'
import { budget, heapOptions } from '@penstock/shared/database/connection-budget.ts'
import { agingTables } from '@penstock/shared/schema/aging.ts'
import { readSettings, settingsOf as settingsOfSlices } from '@penstock/shared/slice/deployment.ts'
import { parquetMetadata } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { deploymentsOf, routesOf } from '../scripts/deploy/deployments.ts'
import { generatedFiles, readSlices } from '../scripts/deploy/deployments-command.ts'
import { readRouteTable } from '../scripts/deploy/route-table.ts'
import { schedules } from '../scripts/deploy/schedules.ts'
import { loadBalancerRules } from '../scripts/deploy/terraform-routes.ts'
import { archiveLayout } from './support/months/archive-layout.ts'

const root = join(import.meta.dirname, '..')
/** Returns true when a rule's path takes a request for a route's path, with an ordinary word for each parameter. */
function takes(rule: string, path: string): boolean {
  const pattern = rule.replaceAll(/\{[^}]*\}/g, '[^/]+').replace(/\/\*$/, '(?:/.*)?')
  return new RegExp(`^${pattern}$`).test(path.replaceAll(/[{}]/g, ''))
}
const read = async (path: string): Promise<string> => await readFile(join(root, path), 'utf8')

describe('the route table', () => {
  it('tries paths without parameters first, and gives what no method takes to the function with the GET', () => {
    const rules = loadBalancerRules([
      { function: 'jobs', method: 'GET', path: '/jobs/{id}' },
      { function: 'writer', method: 'POST', path: '/jobs/status' },
      { function: 'reader', method: 'GET', path: '/jobs/status' },
    ])
    expect(rules.map(({ function: name, method, path }) => [name, method, path])).toEqual([
      ['writer', 'POST', '/jobs/status'],
      ['reader', null, '/jobs/status'],
      ['jobs', null, '/jobs/{id}'],
    ])
  })

  it('has one rule for a prefix that belongs to one function, and none where a parameter of another could take it', () => {
    const rules = loadBalancerRules([
      { function: 'app', method: 'GET', path: '/api/a/one' },
      { function: 'app', method: 'POST', path: '/api/a/two/{id}' },
      { function: 'app', method: 'GET', path: '/api/b/x/one' },
      { function: 'app', method: 'GET', path: '/api/b/x/two' },
      { function: 'other', method: 'GET', path: '/api/b/{name}/three' },
    ])
    expect(rules.map(({ function: name, method, path }) => [name, method, path])).toEqual([
      ['app', null, '/api/b/x/one'],
      ['app', null, '/api/b/x/two'],
      ['other', null, '/api/b/{name}/three'],
      ['app', null, '/api/a/*'],
    ])
  })

  it.each(tierNames)('sends every request of the tier %s to the function that has its route', async (tier) => {
    const table = await readRouteTable(tier)
    const rules = loadBalancerRules(table)
    for (const { function: name, method, path } of table) {
      for (const sent of method === 'GET' ? ['GET', 'HEAD'] : [method]) {
        const found = rules.find((rule) => (rule.method ?? sent) === sent && takes(rule.path, path))
        expect([sent, path, found?.function]).toEqual([sent, path, name])
      }
    }
  })

  it('is refused when the load balancer takes fewer rules', () => {
    const table = Array.from({ length: 150 }, (_, i) => [
      { function: 'a', method: 'GET', path: `/${i}` } as const,
      { function: 'b', method: 'POST', path: `/${i}` } as const,
    ]).flat()
    expect(() => loadBalancerRules(table)).toThrow('would need 300 rules and takes 200')
  })
})

it('has the files that are made from the budget and the slices: npm run deployments', async () => {
  const generated = await generatedFiles()
  for (const [path, text] of generated) expect(await read(path), path).toBe(text)
  const modules = (await readdir(join(root, 'deployments'))).map((name) => `deployments/${name}`)
  expect(modules.filter((path) => !generated.has(path))).toEqual([])
})

describe.each(deploymentsOf('standard'))('$name', ({ name, serves }) => {
  const slice = serves[0]?.slice ?? ''
  const row = serves[0]?.entry === 'http' ? slice : `"${slice}#${serves[0]?.entry}"`

  it('starts in the cloud with what Terraform sets, and is set nothing that it does not know', async () => {
    const slices = await readSlices()
    const known = [...Object.keys(commonSchema.shape), ...(await ownSettings(slice)), 'NODE_OPTIONS']
    for (const access of ['tls', 'connector'] as const) {
      const names = await settingsOf(row, access)
      expect(names.filter((setting) => !known.includes(setting))).toEqual([])
      const environment = Object.fromEntries(names.map((setting) => [setting, exampleOf(setting, access)]))
      expect(() =>
        readSettings(
          serves.flatMap((it) => slices[it.slice] ?? []),
          { ...environment, K_SERVICE: name, FUNCTION_TARGET: name },
        ),
      ).not.toThrow()
    }
  })

  it('has each setting of its own in its README, and no other', async () => {
    const documented = tableOf(await read(`functions/${slice}/README.md`))
    const own = await ownSettings(slice)
    // A setting of a table that ages is explained where the table is declared.
    const aged = agingTables.map(({ setting }) => setting as string | null)
    expect(own.filter((setting) => !documented.includes(setting) && !aged.includes(setting))).toEqual([])
    const known = [...Object.keys(commonSchema.shape), ...own]
    expect(documented.filter((setting) => !known.includes(setting))).toEqual([])
  })

  it('takes calls of an account only where Terraform says which', async () => {
    const routes = Object.assign({}, ...(await Promise.all(serves.map(routesOf)))) as Routes
    const forServices = Object.values(routes).some((route) => route.service === true)
    const settings = await settingsOf(row, 'tls')
    expect(settings.includes('OIDC_AUDIENCE')).toBe(forServices)
    expect(settings.includes('OIDC_EMAILS')).toBe(forServices)
  })
})

describe('the heap', () => {
  it('is as large in the cloud as in the local suite', async () => {
    const said = /NODE_OPTIONS += "(.+)"/.exec(await read('terraform/modules/function/main.tf'))?.[1]
    for (const deployment of tierNames.flatMap((tier) => Object.values(budget.tiers[tier].deployments)))
      expect(said?.replace('${var.budget.memory_mib / 2}', String(deployment.memory_mib / 2))).toBe(
        heapOptions(deployment),
      )
  })
})

describe('the schedules', () => {
  it.each(Object.entries(schedules))(
    '%s is called by the scheduler as its function expects, and calls a route of it',
    async (_job, it) => {
      expect(await rowOf(it.function)).toMatch(/^ +caller += local\.scheduler_account$/m)
      expect(await readRouteTable('standard')).toContainEqual({
        function: it.function,
        method: it.method,
        path: it.path,
      })
      expect(it.attempt_deadline_s).toBeLessThanOrEqual(1800)
    },
  )
})

describe('alerts', () => {
  it('name playbooks that are there', async () => {
    const names = await playbooks()
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((name) => !existsSync(join(root, `docs/playbooks/${name}.md`)))).toEqual([])
  })

  it('watch lines that the code writes', async () => {
    const text = await terraformText()
    const watched = [...text.matchAll(/jsonPayload\.message=\\"([a-z_.]+)\\"/g)].map(([, event]) => event)
    expect(new Set(watched)).toEqual(new Set(['retention.failed', 'pubsub.dead_letter', 'partitions.role_changed']))
    expect(await read('terraform/modules/scheduled/main.tf')).toContain('jsonPayload.message=\\"${var.name}.age\\"')
    const writers = [
      'functions/partitions/handler.ts',
      'functions/partitions/roles.ts',
      'functions/compaction/handler.ts',
      'functions/retention/handler.ts',
      'functions/monitoring/outlets/publish.ts',
      'functions/backup/handler.ts',
      'functions/metrics-ingest/push/dead-letters.ts',
      'functions/alerts/evaluation/run.ts',
      'shared/jobs/job-run.ts',
    ]
    const code = (await Promise.all(writers.map(read))).join('')
    for (const event of watched) expect(code).toContain(`'${event}'`)
    for (const { function: job } of Object.values(schedules)) expect(code).toMatch(new RegExp(`'${job}(?:\\.age)?'`))
    expect(code).toContain('`${job}.age`')
    expect(code).toContain('age_s:')
  })
})

describe('the example that tells BigQuery the columns', () => {
  it('has those that the archive writes', async () => {
    const schemaOf = (bytes: Buffer) => parquetMetadata(new Uint8Array(bytes).buffer).schema
    const kept = await readFile(join(root, 'terraform/bigquery/metrics.parquet'))
    expect(schemaOf(kept)).toEqual(schemaOf(await archiveLayout()))
  })
})

describe('secrets', () => {
  it('are given to write-only arguments alone', async () => {
    const text = await terraformText()
    expect(text.match(/^ *(secret_data|password|root_password) *=.*$/gm)).toBeNull()
    const blocks = text.match(/^resource "google_(?:secret_manager_secret_version|sql_user)" [\s\S]+?^\}/gm) ?? []
    const holders = blocks.filter((block) => !/^ *type += "CLOUD_IAM_/m.test(block))
    expect(holders.length).toBeGreaterThan(3)
    expect(text.match(/^ *(secret_data_wo|password_wo) *=/gm)).toHaveLength(holders.length)
  })
})

async function terraformText(): Promise<string> {
  const folders = ['terraform', 'terraform/modules/function']
  const files = await Promise.all(
    folders.map(async (folder) => (await readdir(join(root, folder))).map((name) => `${folder}/${name}`)),
  )
  const texts = await Promise.all(
    files
      .flat()
      .filter((name) => name.endsWith('.tf'))
      .map(read),
  )
  return texts.join('\n')
}

async function playbooks(): Promise<string[]> {
  const list = /playbooks = \{\s+for name in \[([^\]]+)\]/.exec(await read('terraform/alerts.tf'))?.[1] ?? ''
  return [...list.matchAll(/"([a-z-]+)"/g)].flatMap(([, name]) => name ?? [])
}

/** The settings that a slice reads, in addition to those that every function reads. */
async function ownSettings(slice: string): Promise<string[]> {
  const found = (await readSlices())[slice]
  return found ? Object.keys(settingsOfSlices([found])) : []
}

/** Variables in the table under a README's heading `Settings`. */
function tableOf(readme: string): string[] {
  const section = /^## Settings\n([\s\S]*?)(?=^## )/m.exec(readme)?.[1] ?? ''
  const cells = section.split('\n').flatMap((line) => /^\| ([^|]+) \|/.exec(line)?.[1] ?? [])
  return cells.flatMap((cell) => [...cell.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].flatMap(([, name]) => name ?? []))
}

/** Returns the needs of a slice from slices.tf. */
async function rowOf(name: string): Promise<string> {
  return new RegExp(`^ {4}${name} = \\{\\n[\\s\\S]*?^ {4}\\}`, 'm').exec(await read('terraform/slices.tf'))?.[0] ?? ''
}

/** Every variable that Terraform sets for a function: in the module, for all, by its declared settings, for callers, and in its slice's own row. */
async function settingsOf(name: string, access: 'tls' | 'connector'): Promise<string[]> {
  const module = await read('terraform/modules/function/main.tf')
  const byAccess = new RegExp(`\\n {4}${access} = \\{\\n([\\s\\S]+?)\\n {4}\\}`).exec(module)?.[1] ?? ''
  const common = /environment_variables = merge\(([\s\S]+?)\n {4}\)/.exec(module)?.[1] ?? ''
  const platform = await read('terraform/locals.tf')
  const shared = /environment += \{([^}]+)\}/.exec(platform)?.[1] ?? ''
  const secrets = /secrets += merge\(([\s\S]+?)\n {4}\)/.exec(platform)?.[1] ?? ''
  const own = await rowOf(name)
  const unquoted = name.replaceAll('"', '')
  const deployment = Object.values(budget.tiers.standard.deployments).find(({ slices }) => slices.includes(unquoted))
  const called = /caller += /.test(own) ? await read('terraform/functions.tf') : ''
  const named = (text: string): readonly string[] =>
    [...text.matchAll(/(?:^|[{ ])([A-Z][A-Z0-9_]{3,}) += /gm)].flatMap(([, setting]) => setting ?? [])
  const declared = named(`${await read('terraform/redis.tf')} ${await read('terraform/slices.tf')}`)
  const given = declared.filter((setting) => deployment?.settings.includes(setting))
  return [...[byAccess, common, shared, secrets, own, called].flatMap(named), ...given]
}

function exampleOf(setting: string, access: 'tls' | 'connector'): string {
  const examples: Record<string, string> = {
    DATABASE_URL:
      access === 'tls'
        ? 'postgres://user%40project.iam@10.0.0.3:5432/penstock'
        : 'postgres://user%40project.iam@/penstock',
    DATABASE_CA: '-----BEGIN CERTIFICATE-----',
    DATABASE_IAM: '1',
    CLOUD_SQL_INSTANCE: 'project:europe-west1:penstock-db',
    CURSOR_KEY: 'ab'.repeat(32),
    KEY_CHECKSUM_KEY: 'ab'.repeat(32),
    KEY_CHECKSUM_KEY_OLD: 'cd'.repeat(32),
    POINT_ID_KEY: 'ab'.repeat(16),
    CORS_ORIGINS: '',
    TRUSTED_HOPS: '2',
    REDIS_URL: 'rediss://10.0.0.4:6378',
    REDIS_CA: '-----BEGIN CERTIFICATE-----',
    PENSTOCK_TIER: 'small',
    USER_JWKS_URL: 'https://issuer.example/keys',
    SUITE_TOPIC: 'projects/project/topics/penstock-suite',
    SUITE_POINT_MINUTES: '5',
    MONITORED_INSTANCE: 'project:penstock-db',
    BACKED_UP_INSTANCE: 'project:penstock-db',
    BACKUP_TEST_PREFIX: 'penstock-verify-',
    SMTP_URL: 'smtps://user:password@mail.example:465',
    CHANNEL_KMS_KEY_NAME: 'projects/project/locations/europe-west1/keyRings/penstock/cryptoKeys/channels',
  }
  return examples[setting] ?? (/_(DAYS|SECONDS)$/.test(setting) ? '300' : 'example')
}
