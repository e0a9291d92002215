// terraform/rules/metrics.json over alerts and dashboards: a filter that names what does not exist never matches, or is refused.
import { type Finding, readRules } from './terraform-rule.ts'
import type { Resource, Suite } from './terraform-suite.ts'

interface Metric {
  readonly type: string
  readonly resource: string
  readonly labels: readonly string[]
  readonly kind: string
}
interface MetricRules {
  readonly source: string
  readonly metrics: readonly Metric[]
  readonly resources: Readonly<Record<string, readonly string[]>>
  readonly aligners: Readonly<Record<string, readonly string[]>>
}

export function metricFindings({ resources, source: from }: Suite): Finding[] {
  const rules = readRules<MetricRules>('metrics')
  const own = new Set(
    resources.filter(({ type }) => type === 'google_logging_metric').map(({ values }) => values['name']),
  )
  const watching = resources.filter(
    ({ type }) => type === 'google_monitoring_alert_policy' || type === 'google_monitoring_dashboard',
  )
  return watching.flatMap((resource) => {
    const { address, text } = resource
    // Dashboards are JSON in a string, and files quote the filters' own quotes.
    const plain = text.replaceAll('\\', '')
    const wrong = [
      ...[...plain.matchAll(/metric\.type ?= ?"([^"]+)"/g)].flatMap(([, name = '']) =>
        unknownMetric(name, own, rules, from),
      ),
      ...filtersOf(resource, from).flatMap((filter) => wrongFilter(filter, rules)),
      ...[...plain.matchAll(/([a-z_]+)_googleapis_com:(\w+)\{([^}]*)\}/g)].flatMap(
        ([, service = '', name = '', labels = '']) => wrongPromQl(`${service}.googleapis.com/${name}`, labels, rules),
      ),
    ]
    return [...new Set(wrong)].map((one) => ({ rule: 'metric', address, wrong: one, source: rules.source }))
  })
}

function unknownMetric(name: string, own: ReadonlySet<unknown>, { metrics }: MetricRules, from: string): string[] {
  if (name.includes('${')) return []
  if (name.startsWith('logging.googleapis.com/user/')) {
    return from === 'files' || own.has(name.slice('logging.googleapis.com/user/'.length))
      ? []
      : [`there is no metric ${name}`]
  }
  return metrics.some(({ type }) => type === name) ? [] : [`metrics.json does not know ${name}`]
}

/** Filters, each with the alignment that it is read with. */
function filtersOf({ values, text }: Resource, from: string): string[] {
  // In the files the alignment follows its filter; in a plan both are in one object, in the order of the alphabet.
  if (from === 'files')
    return text
      .replaceAll('\\', '')
      .split(/(?=(?:denominator_)?filter += )/)
      .filter((part) => part.includes('metric.type'))
  const dashboard = values['dashboard_json']
  return pairs(typeof dashboard === 'string' ? JSON.parse(dashboard) : values)
}

function pairs(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { filter, aggregations, aggregation } = value as Record<string, unknown>
  const own =
    typeof filter === 'string' && filter.includes('metric.type')
      ? [`${filter} ${JSON.stringify(aggregations ?? aggregation ?? '')}`]
      : []
  return [...own, ...Object.values(value).flatMap(pairs)]
}

function wrongFilter(filter: string, { metrics, resources, aligners }: MetricRules): string[] {
  const name = /metric\.type ?= ?"([^"]+)"/.exec(filter)?.[1] ?? ''
  const resource = /resource\.type ?= ?"(\w+)"/.exec(filter)?.[1] ?? ''
  const metric = metrics.find(({ type }) => type === name)
  const labels = [...filter.matchAll(/\bresource\.labels?\.(\w+)/g)].flatMap(([, label]) => label ?? [])
  const aligner = /ALIGN_\w+/.exec(filter)?.[0]
  if (metric === undefined) return []
  return [
    ...(resource === '' || resource === metric.resource
      ? []
      : [`${name} is of ${metric.resource}, not of ${resource}`]),
    ...labels
      .filter((label) => resources[metric.resource]?.includes(label) === false)
      .map((label) => `${metric.resource} has no label ${label}`),
    ...[...filter.matchAll(/\bmetric\.labels?\.(\w+)/g)].flatMap(([, label = '']) =>
      metric.labels.includes(label) ? [] : [`${name} has no label ${label}`],
    ),
    ...(aligner === undefined || aligners[metric.kind]?.includes(aligner) === true
      ? []
      : [`${name} is a ${metric.kind}, which ${aligner} does not align`]),
  ]
}

function wrongPromQl(name: string, selector: string, { metrics, resources }: MetricRules): string[] {
  const metric = metrics.find(({ type }) => type === name)
  if (metric === undefined) return [`metrics.json does not know ${name}`]
  const known = ['monitored_resource', ...metric.labels, ...(resources[metric.resource] ?? [])]
  const labels = [...selector.matchAll(/(\w+) ?(?:=~|!=|!~|=)/g)].flatMap(([, label]) => label ?? [])
  return labels.filter((label) => !known.includes(label)).map((label) => `${name} has no label ${label}`)
}
