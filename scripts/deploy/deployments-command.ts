// Writes what is made from connection-budget.json and the slices: shared/deployments.json, shared/schema/aging.ts,
// shared/base/scopes.ts, deployments/ and terraform/routes.json.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { tierNames } from '@penstock/shared/config/tier.ts'
import type { ConnectionBudget } from '@penstock/shared/database/connection-budget.ts'
import type { Slice } from '@penstock/shared/slice/define-slice.ts'
import { addExamples } from '../cli/command.ts'
import { rootFolder } from '../cli/state.ts'
import { declaredTables } from '../database/slice-data.ts'
import { agingFile } from './aging-file.ts'
import { allDeployments, MODULES, type ServedDeployment, sliceFolders } from './deployments.ts'
import { resolveBudget, type WrittenBudget } from './resolve-budget.ts'
import { readRouteTable } from './route-table.ts'
import { scopesFile } from './scopes-file.ts'
import { loadBalancerRules, routesFile } from './terraform-routes.ts'

const MANIFEST = 'terraform/tests/fixtures/bundles/manifest.json'
const AGING = 'shared/schema/aging.ts'

/** The content of each generated file, by its path from the root. The same sources give the same bytes. */
export async function generatedFiles(root = rootFolder): Promise<ReadonlyMap<string, string>> {
  const written = JSON.parse(readFileSync(join(root, 'shared/connection-budget.json'), 'utf8')) as WrittenBudget
  const slices = await readSlices(root)
  const plan = resolveBudget(written, slices)
  const entries = Object.values(slices).flatMap((slice) => [slice, ...Object.values(slice.entries)])
  const rules = tierNames.map(async (tier) => [tier, loadBalancerRules(await readRouteTable(tier, plan))] as const)
  return new Map([
    ['shared/deployments.json', deploymentsFile(plan)],
    ['terraform/routes.json', routesFile(Object.fromEntries(await Promise.all(rules)))],
    [AGING, agingFile(declaredTables)],
    ['shared/base/scopes.ts', scopesFile(entries.map(({ routes }) => routes))],
    [MANIFEST, manifestFile(allDeployments(plan))],
    ...allDeployments(plan).map((it) => [`${MODULES}/${it.name}.ts`, moduleText(it)] as const),
  ])
}

/** Every slice, by its folder. */
export async function readSlices(root = rootFolder): Promise<Readonly<Record<string, Slice>>> {
  const modules = sliceFolders(root).map(async (name) => {
    const { default: slice } = (await import(`../../functions/${name}/index.ts`)) as { readonly default: Slice }
    if (slice.name !== name) throw new Error(`functions/${name}/index.ts defines the slice ${slice.name}`)
    return [name, slice] as const
  })
  return Object.fromEntries(await Promise.all(modules))
}

/** One deployment a line, so that a change of one is a change of one line. */
function deploymentsFile({ tiers, ...rest }: ConnectionBudget): string {
  const tierText = tierNames.map((tier) => {
    const { deployments, ...limits } = tiers[tier]
    const rows = Object.entries(deployments).map(([name, row]) => `        "${name}": ${JSON.stringify(row)}`)
    const numbers = Object.entries(limits).map(([name, value]) => `      "${name}": ${value},\n`)
    return `    "${tier}": {\n${numbers.join('')}      "deployments": {\n${rows.join(',\n')}\n      }\n    }`
  })
  const others = Object.entries(rest).map(([name, value]) => `  "${name}": ${JSON.stringify(value)}`)
  return `{\n  "tiers": {\n${tierText.join(',\n')}\n  },\n${others.join(',\n')}\n}\n`
}

/** A bundle of each deployment for Terraform's own tests, in the form of the manifest that `npm run build` writes. */
function manifestFile(deployments: readonly ServedDeployment[]): string {
  const bundles = deployments.map(({ name }) => [
    name,
    { sha256: createHash('sha256').update(name).digest('hex'), bytes: 1 },
  ])
  return `${JSON.stringify(Object.fromEntries(bundles), null, 2)}\n`
}

function moduleText({ name, serves }: ServedDeployment): string {
  const imports = serves
    .toSorted((a, b) => (a.slice < b.slice ? -1 : 1))
    .map(({ slice }) => `import ${identifier(slice)} from '../functions/${slice}/index.ts'\n`)
  const values = serves.map(({ slice, entry }) =>
    entry === 'http' ? identifier(slice) : `entryOf(${identifier(slice)}, '${entry}')`,
  )
  const withEntry = serves.some(({ entry }) => entry !== 'http')
  return [
    `// The function ${name}: made by \`npm run deployments\` from shared/connection-budget.json.\n`,
    withEntry ? `import { entryOf } from '@penstock/shared/slice/define-slice.ts'\n` : '',
    `import { serveDeployment } from '@penstock/shared/slice/deployment.ts'\n`,
    ...imports,
    `\nserveDeployment('${name}', [${values.join(', ')}], process.env)\n`,
  ].join('')
}

const identifier = (slice: string): string => slice.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** Describes `penstock deployments`. */
export function describeCommand(command: Command): void {
  command.action(writeDeployments)
  addExamples(command, 'penstock deployments')
}

async function writeDeployments(): Promise<void> {
  // Retention's settings are made from this file, so it is written before the slices are imported.
  await writeFile(join(rootFolder, AGING), agingFile(declaredTables))
  const files = await generatedFiles()
  await rm(join(rootFolder, MODULES), { recursive: true, force: true })
  await mkdir(join(rootFolder, MODULES))
  for (const [path, text] of files) await writeFile(join(rootFolder, path), text)
}
