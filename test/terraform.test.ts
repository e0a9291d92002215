// The files that Terraform reads and the code say the same; and Terraform itself is content, where it is there.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  archiveSettings,
  cacheSettings,
  commonSchema,
  type Environment,
  timeLimitSettings,
} from '@penstock/shared/config.ts'
import { budget, heapOptions } from '@penstock/shared/connection-budget.ts'
import type { Routes } from '@penstock/shared/wire.ts'
import { describe, expect, it } from 'vitest'
import { entryPoints } from '../scripts/entry-points.ts'
import { readRouteTable } from '../scripts/route-table.ts'
import { schedules } from '../scripts/schedules.ts'
import { loadBalancerRules, routesFile } from '../scripts/terraform-routes.ts'

const root = join(import.meta.dirname, '..')
const read = async (path: string): Promise<string> => await readFile(join(root, path), 'utf8')
const terraformFile = (name: string): string => `terraform/${name.replaceAll('-', '_')}.tf`

describe('the route table', () => {
  it('is what the load balancer is given: npm run routes writes it anew', async () => {
    expect(await read('terraform/routes.json')).toBe(routesFile(loadBalancerRules(await readRouteTable())))
  })

  it('tries paths without parameters first, and gives what no method takes to a function that has the path', () => {
    const rules = loadBalancerRules([
      { function: 'jobs', method: 'GET', path: '/jobs/{id}' },
      { function: 'writer', method: 'POST', path: '/jobs/status' },
      { function: 'reader', method: 'GET', path: '/jobs/status' },
    ])
    expect(rules.map(({ function: name, method, path }) => [name, method, path])).toEqual([
      ['writer', 'POST', '/jobs/status'],
      ['reader', 'GET', '/jobs/status'],
      ['writer', null, '/jobs/status'],
      ['jobs', 'GET', '/jobs/{id}'],
      ['jobs', null, '/jobs/{id}'],
    ])
  })
})

describe.each(entryPoints)('$name', ({ name, slice }) => {
  it('has a Terraform file of its own, with its row of the budget and its name', async () => {
    const text = await read(terraformFile(name))
    expect(text).toMatch(new RegExp(`name += "${name}"`))
    expect(text).toContain(`local.functions["${name}"]`)
    expect(budget.functions[name]).toBeDefined()
  })

  it('starts in the cloud with what Terraform sets, and is set nothing that it does not know', async () => {
    const { loadConfig } = (await import(`../functions/${slice}/config.ts`)) as {
      readonly loadConfig: (environment: Environment) => unknown
    }
    const known = [...Object.keys(commonSchema.shape), ...(await ownSettings(slice)), 'NODE_OPTIONS']
    for (const access of ['tls', 'connector'] as const) {
      const names = await settingsOf(name, access)
      expect(names.filter((setting) => !known.includes(setting))).toEqual([])
      const environment = Object.fromEntries(names.map((setting) => [setting, exampleOf(setting, access)]))
      expect(() => loadConfig({ ...environment, K_SERVICE: name, FUNCTION_TARGET: name })).not.toThrow()
    }
  })

  it('has each setting of its own in its README, and no other', async () => {
    const documented = tableOf(await read(`functions/${slice}/README.md`))
    const own = await ownSettings(slice)
    expect(own.filter((setting) => !documented.includes(setting))).toEqual([])
    const known = [...Object.keys(commonSchema.shape), ...own]
    expect(documented.filter((setting) => !known.includes(setting))).toEqual([])
  })

  it('takes calls of an account only where Terraform says which', async () => {
    const contract = (await import(`../functions/${slice}/contract.ts`)) as Record<string, Routes | undefined>
    const routes = contract[name === slice ? 'routes' : 'pubsubRoutes'] ?? {}
    const forServices = Object.values(routes).some((route) => route.service === true)
    const settings = await settingsOf(name, 'tls')
    expect(settings.includes('OIDC_AUDIENCE')).toBe(forServices)
    expect(settings.includes('OIDC_EMAILS')).toBe(forServices)
  })
})

describe('the heap', () => {
  it('is as large in the cloud as in the local suite', async () => {
    const said = /NODE_OPTIONS += "(.+)"/.exec(await read('terraform/modules/function/main.tf'))?.[1]
    for (const [name, { memory_mib }] of Object.entries(budget.functions)) {
      expect(said?.replace('${var.budget.memory_mib / 2}', String(memory_mib / 2))).toBe(heapOptions(name))
    }
  })
})

describe('the schedules', () => {
  it.each(Object.entries(schedules))(
    '%s is a job in its function’s Terraform file, and calls a route of it',
    async (_job, it) => {
      expect(await read(terraformFile(it.function))).toMatch(
        new RegExp(`source = "./modules/scheduled"\\s+name += "${it.function}"\\s+schedules = local.schedules\\s`),
      )
      expect(await readRouteTable()).toContainEqual({ function: it.function, method: it.method, path: it.path })
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
    expect(new Set(watched)).toEqual(new Set(['retention.failed', 'pubsub.dead_letter']))
    expect(await read('terraform/modules/scheduled/main.tf')).toContain('jsonPayload.message=\\"${var.name}.age\\"')
    const writers = [
      'functions/partitions/handler.ts',
      'functions/rollups/handler.ts',
      'functions/compaction/handler.ts',
      'functions/retention/handler.ts',
      'functions/metrics-ingest/dead-letters.ts',
      'shared/job-run.ts',
    ]
    const code = (await Promise.all(writers.map(read))).join('')
    for (const event of watched) expect(code).toContain(`'${event}'`)
    for (const { function: job } of Object.values(schedules)) expect(code).toContain(`'${job}'`)
    expect(code).toContain('`${job}.age`')
    expect(code).toContain('age_s:')
  })
})

describe('secrets', () => {
  it('are given to write-only arguments alone', async () => {
    const text = await terraformText()
    expect(text.match(/^ *(secret_data|password|root_password) *=.*$/gm)).toBeNull()
    expect(text.match(/^ *(secret_data_wo|password_wo) *=/gm)).toHaveLength(3)
  })
})

const CHECK = join(root, '../shared/tools/terraform-check/check.mjs')
// .ci/run makes it a step of its own.
const canCheck =
  process.env['TERRAFORM_CHECKED'] === undefined &&
  existsSync(CHECK) &&
  spawnSync('terraform', ['version']).status === 0

describe('terraform', () => {
  it.skipIf(!canCheck)(
    'finds the configuration formatted, valid, and as its own tests want it',
    { timeout: 150_000 },
    async () => {
      const checked = await promisify(execFile)(process.execPath, [CHECK, 'terraform'], { cwd: root }).catch(
        (error: unknown) => {
          const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
          throw new Error(`${stdout}\n${stderr}`, { cause: error })
        },
      )
      expect(checked.stdout).toMatch(/Success! \d+ passed, 0 failed/)
    },
  )
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

/** Keys of the function's own zod schema: those that stand in its config.ts, and those of a group that it takes from shared/config.ts. */
async function ownSettings(slice: string): Promise<string[]> {
  const config = await read(`functions/${slice}/config.ts`)
  const own = [...config.matchAll(/^ +([A-Z][A-Z0-9_]+):/gm)].flatMap(([, name]) => name ?? [])
  const groups = Object.entries({ timeLimitSettings, archiveSettings, cacheSettings })
  return [...own, ...groups.flatMap(([name, group]) => (config.includes(`...${name}`) ? Object.keys(group) : []))]
}

/** Variables in the table under a README's heading `Settings`. */
function tableOf(readme: string): string[] {
  const section = /^## Settings\n([\s\S]*?)(?=^## )/m.exec(readme)?.[1] ?? ''
  const cells = section.split('\n').flatMap((line) => /^\| ([^|]+) \|/.exec(line)?.[1] ?? [])
  return cells.flatMap((cell) => [...cell.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].flatMap(([, name]) => name ?? []))
}

/** Every variable that Terraform sets for a function: in the module, for all, and in the function's own file. */
async function settingsOf(name: string, access: 'tls' | 'connector'): Promise<string[]> {
  const module = await read('terraform/modules/function/main.tf')
  const byAccess = new RegExp(`\\n {4}${access} = \\{\\n([\\s\\S]+?)\\n {4}\\}`).exec(module)?.[1] ?? ''
  const common = /environment_variables = merge\(([\s\S]+?)\n {4}\)/.exec(module)?.[1] ?? ''
  const shared = /environment += \{([^}]+)\}/.exec(await read('terraform/locals.tf'))?.[1] ?? ''
  const own = await read(terraformFile(name))
  return [byAccess, common, shared, own].flatMap((text) =>
    [...text.matchAll(/(?:^|[{ ])([A-Z][A-Z0-9_]{3,}) += /gm)].flatMap(([, setting]) => setting ?? []),
  )
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
    CORS_ORIGINS: '',
    USER_JWKS_URL: 'https://issuer.example/keys',
  }
  return examples[setting] ?? (/_(DAYS|SECONDS)$/.test(setting) ? '300' : 'example')
}
