// The rules, each with what can be done with it.
import type { AlertRule, AlertRulePage } from '@penstock/client/api.ts'
import type { Loaded } from '../../api/loaded.ts'
import { call } from '../../api/suite.ts'
import { duration, exactly, quantity } from '../../base/format.ts'
import { hrefOf } from '../../base/view.ts'
import { Moment } from '../../ui/moment.tsx'
import { Badge, Panel } from '../../ui/page.tsx'
import { Empty, Shown } from '../../ui/states.tsx'
import { ItemActions } from './item-actions.tsx'

interface RulesPanelProps {
  readonly rules: Loaded<AlertRulePage>
  readonly onEdit: (rule: AlertRule) => void
}

/** The panel of rules. */
export function RulesPanel({ rules, onEdit }: RulesPanelProps) {
  return (
    <Panel title="Rules" note="newest first">
      <Shown of={rules} rows={4}>
        {({ alerts, total }) =>
          alerts.length === 0 ? (
            <Empty title="There are no rules yet">
              <p>Make one above: the form tries it on the last week before it is stored.</p>
            </Empty>
          ) : (
            <>
              <ul class="jobs">
                {alerts.map((rule) => (
                  <Rule key={rule.id} rule={rule} onEdit={onEdit} onChange={rules.reload} />
                ))}
              </ul>
              {total > alerts.length ? (
                <p class="note">
                  The newest {alerts.length} of {exactly(total)}. Older ones are in the API.
                </p>
              ) : null}
            </>
          )
        }
      </Shown>
    </Panel>
  )
}

interface RuleProps {
  readonly rule: AlertRule
  readonly onEdit: (rule: AlertRule) => void
  readonly onChange: () => void
}

function Rule({ rule, onEdit, onChange }: RuleProps) {
  const { name, severity, enabled, service_name, metric_type, unit, last_error, evaluated_at } = rule
  const query = { service: service_name, metric: metric_type, ...(unit === null ? {} : { unit }) }
  return (
    <li class="job">
      <div class="job-head">
        <strong class="job-name">{name}</strong>
        <Badge tone={enabled ? severity : 'quiet'}>{enabled ? severity : 'off'}</Badge>
        <span class="note job-when">
          evaluated <Moment at={evaluated_at} relative />
        </span>
        <RuleActions rule={rule} onEdit={onEdit} onChange={onChange} />
      </div>
      <p class="note job-facts">
        <a href={hrefOf('explore', query)}>
          {service_name} {metric_type}
        </a>
        <span>{conditionOf(rule)}</span>
        {labelsOf(rule) === '' ? null : <span>{labelsOf(rule)}</span>}
      </p>
      {last_error === null ? null : <p class="job-error">The latest evaluation failed: {last_error}</p>}
    </li>
  )
}

const CHANGES = { absolute: '', percentage: ' % of change', rate: ' a second' } as const

function conditionOf({ aggregate, comparison_operator, threshold_value, unit, ...rule }: AlertRule): string {
  const limit = `${quantity(threshold_value)}${rule.threshold_type === 'absolute' && unit ? ` ${unit}` : CHANGES[rule.threshold_type]}`
  const wait = rule.for_seconds === 0 ? '' : `, for ${duration(rule.for_seconds)}`
  return `${aggregate} ${comparison_operator} ${limit} over ${duration(rule.evaluation_window_seconds)}${wait}`
}

function labelsOf({ labels, group_by }: AlertRule): string {
  const filters = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
  return [...filters, ...(group_by === null ? [] : [`each ${group_by}`])].join(', ')
}

function RuleActions({ rule, onEdit, onChange }: RuleProps) {
  const { id, enabled, version } = rule
  const request = { path: { id }, header: { 'If-Match': `"${version}"` } }
  return (
    <ItemActions
      item={rule}
      first={{ text: 'Edit', label: 'Edit', work: async () => onEdit(rule) }}
      onSwitch={async () => await call('alerts.change', { ...request, body: { enabled: !enabled } })}
      onDelete={async () => await call('alerts.remove', request)}
      onChange={onChange}
    >
      <p>Its history and its pending notifications go with it. This cannot be undone.</p>
    </ItemActions>
  )
}
