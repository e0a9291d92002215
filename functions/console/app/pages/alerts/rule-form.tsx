// Makes or changes a rule, which is tried on the last week first.
import type { AlertRule, AlertRuleCreate, NotificationChannel } from '@penstock/client/api.ts'
import { type Signal, useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { call } from '../../api/suite.ts'
import { Button } from '../../ui/button.tsx'
import { Check, Field, Select } from '../../ui/field.tsx'
import { Panel } from '../../ui/page.tsx'
import { FailureLine } from '../../ui/states.tsx'
import { type ChoiceName, changeOf, type Draft, draftOf, emptyDraft, optionsOf, ruleOf } from './draft.ts'
import { Preview } from './preview.tsx'

interface RuleFormProps {
  /** The rule that is changed; undefined for a new one. */
  readonly rule: AlertRule | undefined
  /** The series of a new rule. */
  readonly series: { readonly service: string; readonly metric: string }
  readonly channels: readonly NotificationChannel[]
  readonly onDone: () => void
  readonly onClose: () => void
}

/** The form of a rule. */
export function RuleForm({ rule: stored, series, channels, onDone, onClose }: RuleFormProps) {
  const draft = useSignal<Draft>(stored ? draftOf(stored) : { ...emptyDraft, ...series })
  const { isRunning, failure, run } = useAction()
  const rule = ruleOf(draft.value)
  const save = async (typed: AlertRuleCreate): Promise<void> => {
    if (stored) {
      const header = { 'If-Match': `"${stored.version}"` }
      await call('alerts.change', { path: { id: stored.id }, header, body: changeOf(typed) })
    } else await call('alerts.create', { body: typed })
    onDone()
  }
  const action = stored ? 'Save the rule' : 'Make the rule'
  return (
    <Panel title={stored ? `Edit ${stored.name}` : 'Make a rule'}>
      <form
        class="panel-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (rule) void run(async () => await save(rule))
        }}
      >
        <SeriesFields draft={draft} isFixed={stored !== undefined} />
        <ConditionFields draft={draft} isFixed={stored !== undefined} />
        <ChannelChecks draft={draft} channels={channels} />
        <Preview rule={rule} kept={stored} />
        <div class="actions">
          <Button kind="primary" type="submit" disabled={!rule || isRunning}>
            {isRunning ? 'Saving…' : action}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
      <FailureLine failure={failure} />
    </Panel>
  )
}

interface FieldsProps {
  readonly draft: Signal<Draft>
  /** True for a stored rule, whose series and kind of threshold cannot be changed. */
  readonly isFixed: boolean
}

/** Returns the properties of a field of text for one property of the draft. */
const textOf = (draft: Signal<Draft>, name: 'name' | 'service' | 'metric' | 'unit' | 'value') => ({
  value: draft.value[name],
  onInput: (value: string) => (draft.value = { ...draft.value, [name]: value }),
})

/** Returns the properties of a choice for one property of the draft. */
const choiceOf = <Name extends ChoiceName>(draft: Signal<Draft>, name: Name) => ({
  value: draft.value[name],
  options: optionsOf(name, draft.value[name]),
  onChange: (value: Draft[Name]) => (draft.value = { ...draft.value, [name]: value }),
})

const SeriesFields = ({ draft, isFixed }: FieldsProps) => (
  <div class="form-row">
    <Field
      label="Service"
      required
      maxLength={200}
      autoFocus={!isFixed}
      disabled={isFixed}
      {...textOf(draft, 'service')}
    />
    <Field label="Metric" required maxLength={200} disabled={isFixed} {...textOf(draft, 'metric')} />
    <Field label="Unit" placeholder="any" maxLength={200} {...textOf(draft, 'unit')} />
    <Field label="Name" placeholder="optional" maxLength={100} autoFocus={isFixed} {...textOf(draft, 'name')} />
    <Select label="Severity" {...choiceOf(draft, 'severity')} />
  </div>
)

const ConditionFields = ({ draft, isFixed }: FieldsProps) => (
  <div class="form-grid form-grid-tight">
    <Select label="Aggregate" {...choiceOf(draft, 'aggregate')} />
    <Select label="Over" {...choiceOf(draft, 'window')} />
    <Select label="Compare" disabled={isFixed} {...choiceOf(draft, 'threshold')} />
    <Select label="Is" {...choiceOf(draft, 'operator')} />
    <Field label="Threshold" placeholder="above 0" required {...textOf(draft, 'value')} />
    <Select label="Fires" {...choiceOf(draft, 'wait')} />
  </div>
)

interface ChannelChecksProps {
  readonly draft: Signal<Draft>
  readonly channels: readonly NotificationChannel[]
}

function ChannelChecks({ draft, channels }: ChannelChecksProps) {
  const chosen = draft.value.channels
  if (channels.length === 0)
    return <p class="note">There is no channel yet. Make one below to be notified by this rule.</p>
  return (
    <fieldset class="choices">
      <legend>Notify</legend>
      {channels.map(({ id, name, type }) => (
        <Check
          key={id}
          label={`${name} (${type})`}
          checked={chosen.includes(id)}
          onChange={(checked) => {
            const others = chosen.filter((one) => one !== id)
            draft.value = { ...draft.value, channels: checked ? [...others, id] : others }
          }}
        />
      ))}
    </fieldset>
  )
}
