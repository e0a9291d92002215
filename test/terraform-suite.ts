// The resources that terraform/ makes, for checks by rules: read from a plan, or from the files when there is no Terraform.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from './terraform-plan.ts'

export interface Resource {
  readonly address: string
  /** The address without the keys of instances: the resource's name in the graph. */
  readonly node: string
  readonly type: string
  /** Values that are known: blocks are lists. */
  readonly values: Readonly<Record<string, unknown>>
  /** Everything that is said of it, for what is looked for anywhere. */
  readonly text: string
}

export interface Suite {
  readonly source: 'plan' | 'files'
  readonly resources: readonly Resource[]
  readonly enabledApis: ReadonlySet<string>
  /** Everything that a resource is made after. */
  reachable(node: string): ReadonlySet<string>
}

/** A plan, and what `terraform graph` says of it. */
export function suiteOfPlan(plan: Plan, graph: string): Suite {
  const edges = new Map<string, string[]>()
  for (const [, from = '', to = ''] of graph.matchAll(/"([^"]+)" -> "([^"]+)"/g)) {
    edges.set(from, [...(edges.get(from) ?? []), to])
  }
  const resources = plan.resources.map(({ address, type, values }) => ({
    address,
    node: address.replaceAll(/\[[^\]]*\]/g, ''),
    type,
    values,
    text: JSON.stringify(values),
  }))
  const services = resources.filter(({ type }) => type === 'google_project_service')
  const enabledApis = new Set(services.map(({ values }) => String(values['service'])))
  return { source: 'plan', resources, enabledApis, reachable: reachability((node) => edges.get(node) ?? []) }
}

/** The files themselves: constants are values, everything else is left out. */
export function suiteOfFiles(folder: string): Suite {
  const root = blocksOf(folder)
  const nodes = new Map<string, { readonly text: string; readonly within: string }>()
  const resources: Resource[] = []
  const add = (blocks: readonly TextBlock[], within: string): void => {
    for (const { kind, labels, text } of blocks) {
      if (kind === 'locals')
        for (const [name, value] of localsOf(text)) nodes.set(`${within}local.${name}`, { text: value, within })
      if (kind !== 'resource' && kind !== 'data') continue
      const node = `${within}${kind === 'data' ? 'data.' : ''}${labels.join('.')}`
      nodes.set(node, { text, within })
      if (kind === 'resource')
        resources.push({
          address: node,
          node,
          type: labels[0] ?? '',
          values: valuesOf(text.split('\n').slice(1, -1)),
          text,
        })
    }
  }
  add(root, '')
  for (const { kind, labels, text } of root) {
    const source = /^ +source += "\.\/(.+)"$/m.exec(text)?.[1]
    if (kind !== 'module' || source === undefined) continue
    nodes.set(`module.${labels[0]}`, { text, within: '' })
    add(blocksOf(join(folder, source)), `module.${labels[0]}.`)
  }
  const listed = readFileSync(join(folder, 'services.tf'), 'utf8').matchAll(/"(\w+\.googleapis\.com)"/g)
  const enabledApis = new Set([...listed].flatMap(([, api]) => api ?? []))
  return { source: 'files', resources, enabledApis, reachable: reachability((node) => namedBy(node, nodes)) }
}

type Nodes = ReadonlyMap<string, { readonly text: string; readonly within: string }>

/**
 * Returns the nodes that a block's text names: in a module also those that its call names, and a named module includes everything in it.
 */
function namedBy(node: string, nodes: Nodes): string[] {
  const found = nodes.get(node)
  if (found === undefined) return []
  const { text, within } = found
  const names = [...text.matchAll(/\b(?:local|module|data\.google_\w+|google_\w+|terraform_data)\.\w+/g)].map(
    ([name]) => `${within}${name}`,
  )
  const call = within !== '' && text.includes('var.') ? [within.slice(0, -1)] : []
  return [...names, ...call].flatMap((name) =>
    name.startsWith('module.') && within === '' && !name.includes('.', 'module.'.length)
      ? [...nodes.keys()].filter((key) => key === name || key.startsWith(`${name}.`))
      : [name],
  )
}

function reachability(next: (node: string) => readonly string[]): (node: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>()
  return (start) => {
    const before = known.get(start)
    if (before !== undefined) return before
    const seen = new Set<string>()
    const todo = [...next(start)]
    for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
      if (seen.has(node)) continue
      seen.add(node)
      todo.push(...next(node))
    }
    known.set(start, seen)
    return seen
  }
}

interface TextBlock {
  readonly kind: string
  readonly labels: readonly string[]
  readonly text: string
}

/** The blocks of all files of a folder. The files are formatted: a block ends with a brace in the first column. */
function blocksOf(folder: string): TextBlock[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.tf'))
  return files.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/^(\w+)((?: "[^"]+")*) \{\n[\s\S]*?^\}$/gm)].map(
      ([text, kind = '', labels = '']) => ({
        kind,
        labels: [...labels.matchAll(/"([^"]+)"/g)].flatMap(([, label]) => label ?? []),
        text: text.replaceAll(/^ *#.*\n/gm, ''),
      }),
    ),
  )
}

const localsOf = (text: string): [name: string, value: string][] =>
  text
    .split(/^ {2}(?=\w+ +=)/m)
    .slice(1)
    .map((part) => [/^\w+/.exec(part)?.[0] ?? '', part])

/** Arguments that are constants, and blocks as lists. A dynamic block counts as one. */
function valuesOf(lines: readonly string[]): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    const indent = /^ */.exec(line)?.[0] ?? ''
    const [, name, constant] = /^ *(\w+) += ("[^"$]*"|-?[\d.]+|true|false)$/.exec(line) ?? []
    if (name !== undefined && constant !== undefined) values[name] = JSON.parse(constant)
    const block = /^ *(?:dynamic )?"?(\w+)"? \{$/.exec(line)?.[1]
    if (block === undefined) continue
    const end = lines.indexOf(`${indent}}`, i)
    const inner = valuesOf(lines.slice(i + 1, end))
    const content = Array.isArray(inner['content']) ? (inner['content'] as unknown[]) : [inner]
    values[block] = [...((values[block] as unknown[] | undefined) ?? []), ...content]
    i = end
  }
  return values
}
