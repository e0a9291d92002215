// Plans and applies of the real Terraform over copies of terraform/, with the fake provider.
import { execFile, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type FakeProvider, serveGoogleProvider } from './google-provider.ts'

const root = join(import.meta.dirname, '..')
export const hasTerraform =
  spawnSync('terraform', ['version'], { env: { ...process.env, CHECKPOINT_DISABLE: '1' } }).status === 0

/** A resource of a plan, with the values that are known before an apply. */
export interface PlannedResource {
  readonly address: string
  readonly type: string
  readonly values: Readonly<Record<string, unknown>>
}

interface PlannedModule {
  readonly resources?: readonly PlannedResource[]
  readonly child_modules?: readonly PlannedModule[]
}

export interface Plan {
  readonly resources: readonly PlannedResource[]
  /** Actions on each resource that the plan would change. */
  readonly changes: readonly { readonly address: string; readonly actions: readonly string[] }[]
}

export interface Workspace {
  /** The copy of terraform/, to be changed before a plan. */
  readonly folder: string
  plan(options?: { readonly variables?: Readonly<Record<string, unknown>>; readonly file?: string }): Promise<Plan>
  /** Any command of Terraform. @throws {Error} with what it says, when it fails. */
  run(...args: string[]): Promise<string>
  /** Returns the order in which resources are made, in Graphviz' language; after a plan. */
  graph(): Promise<string>
  apply(options?: { readonly variables?: Readonly<Record<string, unknown>>; readonly file?: string }): Promise<void>
  close(): void
}

const ANSWERS = {
  project_id: 'example-project',
  region: 'europe-west1',
  backup_region: 'europe-west3',
  admin_image: `europe-west1-docker.pkg.dev/example-project/penstock/admin:1@sha256:${'0'.repeat(64)}`,
  bundles_dir: './tests/fixtures/bundles',
  settle_seconds: { apis: 0, metrics: 0 },
}

/** Serves the fake provider for as long as workspaces are needed. */
export async function openTerraform(): Promise<{ workspace(source?: string): Promise<Workspace>; close(): void }> {
  const provider = await serveGoogleProvider()
  return { workspace: async (source) => await openWorkspace(provider, source), close: () => provider.close() }
}

async function openWorkspace(provider: FakeProvider, source = join(root, 'terraform')): Promise<Workspace> {
  const home = mkdtempSync(join(tmpdir(), 'penstock-terraform-'))
  const folder = join(home, 'terraform')
  cpSync(source, folder, { recursive: true, filter: (path) => !/\.terraform|\.tfstate/.test(path) })
  // The configuration reads the budget and the schedules, which are next to it.
  for (const name of ['shared', 'scripts']) symlinkSync(join(root, name), join(home, name))
  writeFileSync(join(folder, 'backend_override.tf'), 'terraform {\n  backend "local" {}\n}\n')
  const data = join(home, 'data')
  mkdirSync(data)
  const environment = {
    ...process.env,
    ...provider.environment,
    TF_DATA_DIR: data,
    TF_CLI_CONFIG_FILE: '/dev/null',
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
  }
  const terraform = async (...args: string[]): Promise<string> => {
    const options = { cwd: folder, env: environment, maxBuffer: 1 << 28 }
    try {
      return (await promisify(execFile)('terraform', args, options)).stdout
    } catch (error) {
      const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
      throw new Error(`${stdout}\n${stderr}`, { cause: error })
    }
  }
  let isReady = false
  const withAnswers = async ({
    variables = {},
    file,
  }: {
    readonly variables?: Readonly<Record<string, unknown>>
    readonly file?: string
  }) => {
    if (!isReady) await terraform('init', '-no-color', '-input=false')
    isReady = true
    const answers = join(home, 'answers.tfvars.json')
    writeFileSync(answers, JSON.stringify({ ...ANSWERS, ...variables }))
    return [
      '-input=false',
      '-no-color',
      '-lock=false',
      ...(file === undefined ? [] : [`-var-file=${file}`]),
      `-var-file=${answers}`,
    ]
  }
  return {
    folder,
    async plan(options = {}) {
      const out = join(home, 'plan')
      await terraform('plan', ...(await withAnswers(options)), `-out=${out}`)
      return readPlan(await terraform('show', '-json', out))
    },
    run: terraform,
    graph: async () => await terraform('graph'),
    async apply(options = {}) {
      await terraform('apply', '-auto-approve', ...(await withAnswers(options)))
    },
    close: () => rmSync(home, { recursive: true }),
  }
}

function readPlan(text: string): Plan {
  const { planned_values, resource_changes = [] } = JSON.parse(text) as {
    planned_values: { root_module: PlannedModule }
    resource_changes?: { address: string; change: { actions: string[] } }[]
  }
  return {
    resources: resourcesOf(planned_values.root_module),
    changes: resource_changes
      .map(({ address, change }) => ({ address, actions: change.actions }))
      .filter(({ actions }) => actions.join() !== 'no-op'),
  }
}

const resourcesOf = ({ resources = [], child_modules = [] }: PlannedModule): PlannedResource[] => [
  ...resources,
  ...child_modules.flatMap(resourcesOf),
]

/** Changes a file of a workspace. @throws {Error} when the text is not there, so that no mistake is planted in vain. */
export function edit(folder: string, file: string, from: string, to: string): void {
  const path = join(folder, file)
  const text = readFileSync(path, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`)
  writeFileSync(
    path,
    text.replaceAll(from, () => to),
  )
}
