// terraform/rules over what terraform/ makes. A finding names the resource, what is wrong, and where Google says so.
import { at, type Finding, readRules } from './terraform-rule.ts'
import { metricFindings } from './terraform-rules-metrics.ts'
import { trustFindings } from './terraform-rules-trust.ts'
import type { Resource, Suite } from './terraform-suite.ts'

/** Everything that Google would refuse or that would not work, as far as the rules know. */
export function findings(suite: Suite): readonly Finding[] {
  return [
    ...apiFindings(suite),
    ...conditionFindings(suite),
    ...limitFindings(suite),
    ...orderFindings(suite),
    ...metricFindings(suite),
    ...(suite.source === 'plan' ? trustFindings(suite) : []),
  ]
}

interface ResourceRules {
  readonly source: string
  readonly types: Readonly<Record<string, { readonly api: string }>>
  readonly beside: readonly { readonly api: string; readonly because: string; readonly source: string }[]
}

function apiFindings({ resources, enabledApis }: Suite): Finding[] {
  const { source, types, beside } = readRules<ResourceRules>('resources')
  const own = resources.filter(({ type, address }) => type.startsWith('google_') && !address.includes('data.'))
  return [
    ...own.flatMap(({ address, type }) => {
      const api = types[type]?.api
      if (api === undefined)
        return [{ rule: 'api', address, wrong: `resources.json does not know the API of ${type}`, source }]
      return enabledApis.has(api) ? [] : [{ rule: 'api', address, wrong: `${api} is not enabled`, source }]
    }),
    ...beside.flatMap((it) =>
      enabledApis.has(it.api)
        ? []
        : [{ rule: 'api', address: it.api, wrong: `it is not enabled: ${it.because}`, source: it.source }],
    ),
  ]
}

function conditionFindings({ resources }: Suite): Finding[] {
  const { source, roles } = readRules<{ source: string; roles: readonly string[] }>('conditions')
  return resources.flatMap(({ address, type, values, text }) => {
    if (!type.endsWith('_iam_member') || !/resource\.(name|service|type)/.test(text)) return []
    const named = [...text.matchAll(/roles\/[\w.]+/g)].map(([role]) => role)
    const role = typeof values['role'] === 'string' ? [values['role']] : named
    const unknown = role.filter((one) => !roles.some((prefix) => one.startsWith(prefix)))
    return unknown.map((one) => ({
      rule: 'condition',
      address,
      wrong: `${one} does not know resource.* in a condition: it would grant nothing`,
      source,
    }))
  })
}

interface Limit {
  readonly resource: string
  readonly path: string
  readonly source: string
  readonly only?: string
  readonly min?: number
  readonly max?: number
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly oneOf?: readonly unknown[]
  readonly absent?: boolean
}

function limitFindings({ resources }: Suite): Finding[] {
  const { limits } = readRules<{ limits: readonly Limit[] }>('limits')
  return limits.flatMap((limit) =>
    resources
      .filter(
        ({ type, node }) => type === limit.resource && (limit.only === undefined || node.endsWith(`.${limit.only}`)),
      )
      .flatMap(({ address, values }) =>
        at(values, limit.path.split('.')).flatMap((value) => {
          const wrong = beyond(value, limit)
          return wrong === undefined
            ? []
            : [
                {
                  rule: 'limit',
                  address,
                  wrong: `${limit.path} is ${JSON.stringify(value)}: ${wrong}`,
                  source: limit.source,
                },
              ]
        }),
      ),
  )
}

function beyond(value: unknown, limit: Limit): string | undefined {
  const { min = -Infinity, max = Infinity, multipleOf = 1, minLength = 0, maxLength = Infinity, pattern, oneOf } = limit
  const isNumeric = limit.min !== undefined || limit.max !== undefined
  const number = typeof value === 'string' ? Number(/^(-?[\d.]+)s?$/.exec(value)?.[1] ?? Number.NaN) : Number(value)
  if (limit.absent === true) return 'it may not be given'
  if (isNumeric && !(number >= min && number <= max)) return `${min} to ${max} is allowed`
  if (isNumeric && number % multipleOf !== 0) return `it is a multiple of ${multipleOf}`
  const length = Array.isArray(value) || typeof value === 'string' ? value.length : 0
  if (length < minLength || length > maxLength) return `it has ${minLength} to ${maxLength} elements`
  if (pattern !== undefined && !new RegExp(pattern).test(String(value))) return `it looks like ${pattern}`
  if (oneOf !== undefined && !oneOf.includes(value)) return `one of ${oneOf.join(', ')} is allowed`
  return undefined
}

interface Order {
  readonly of: string
  readonly after: string
  readonly through?: string
  readonly only?: string
  readonly where?: string
  readonly why: string
  readonly source: string
}

/** Made before everything else, so nothing has to be there for them. */
const FIRST = new Set(['google_project_service', 'terraform_data'])

function orderFindings(suite: Suite): Finding[] {
  const { order } = readRules<{ order: readonly Order[] }>('order')
  return order.flatMap((rule) => {
    const subject = suite.resources.filter(({ type, node, text }) => {
      const isOfType = rule.of === '*' ? !FIRST.has(type) : type === rule.of
      return (
        isOfType &&
        (rule.only === undefined || node.endsWith(`.${rule.only}`)) &&
        (rule.where === undefined || text.includes(rule.where))
      )
    })
    const missing = new Map(subject.filter((resource) => !isAfter(suite, resource, rule)).map((it) => [it.node, it]))
    return [...missing.values()].map(({ address }) => ({
      rule: 'order',
      address,
      wrong: `it is not made after ${rule.after}: ${rule.why}`,
      source: rule.source,
    }))
  })
}

function isAfter({ reachable }: Suite, { node }: Resource, { after, through }: Order): boolean {
  const before = reachable(node)
  const isOf = (type: string) => (name: string) => name.includes(`${type}.`)
  const waits = [...before].filter(isOf(after))
  if (through === undefined) return waits.length > 0
  // Everything of that type that the resource builds on has been waited for.
  const things = [...before].filter(isOf(through))
  return (
    waits.length > 0 && things.length > 0 && things.every((thing) => waits.some((wait) => reachable(wait).has(thing)))
  )
}
