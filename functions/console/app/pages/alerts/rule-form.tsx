// Makes a rule, which is tried on the last week first.
import type { AlertRuleCreate } from '@penstock/client/api.ts'
import { type Signal, useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { call } from '../../api/suite.ts'
import { view } from '../../base/view.ts'
import { Button } from '../../ui/button.tsx'
import { Check, Field, Select } from '../../ui/field.tsx'
import { Panel } from '../../ui/page.tsx'
import { FailureLine } from '../../ui/states.tsx'
import { choices, type Draft, emptyDraft, ruleOf } from './draft.ts'
import { Preview } from './preview.tsx'

/** A button that opens the form, and the form. A series in the address is filled in. */
export function RuleForm({ onMade }: { readonly onMade: () => void }) {
  const { service = '', metric = '' } = view.value.query
  const isOpen = useSignal(service !== '')
  if (!isOpen.value)
    return (
      <div class="actions">
        <Button kind="primary" onClick={() => (isOpen.value = true)}>
          Make a rule
        </Button>
      </div>
    )
  const close = (): void => {
    isOpen.value = false
  }
  return <Form first={{ ...emptyDraft, service, metric }} onMade={onMade} onClose={close} />
}

interface FormProps {
  readonly first: Draft
  readonly onMade: () => void
  readonly onClose: () => void
}

function Form({ first, onMade, onClose }: FormProps) {
  const draft = useSignal(first)
  const { isRunning, failure, run } = useAction()
  const rule = ruleOf(draft.value)
  const make = async (made: AlertRuleCreate): Promise<void> => {
    await call('alerts.create', { body: made })
    onClose()
    onMade()
  }
  return (
    <Panel title="Make a rule">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (rule) void run(async () => await make(rule))
        }}
      >
        <SeriesFields draft={draft} />
        <ConditionFields draft={draft} />
        <Preview rule={rule} />
        <div class="actions">
          <Button kind="primary" type="submit" disabled={!rule || isRunning}>
            {isRunning ? 'Making…' : 'Make the rule'}
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
}

/** Returns the properties of a field of text for one property of the draft. */
const textOf = (draft: Signal<Draft>, name: 'name' | 'service' | 'metric' | 'unit' | 'value') => ({
  value: draft.value[name],
  onInput: (value: string) => (draft.value = { ...draft.value, [name]: value }),
})

/** Returns the properties of a choice for one property of the draft. */
const choiceOf = <Name extends keyof typeof choices>(draft: Signal<Draft>, name: Name) => ({
  value: draft.value[name],
  options: choices[name],
  onChange: (value: Draft[Name]) => (draft.value = { ...draft.value, [name]: value }),
})

const SeriesFields = ({ draft }: FieldsProps) => (
  <div class="form-row">
    <Field label="Name" placeholder="made from the series" maxLength={100} {...textOf(draft, 'name')} />
    <Field label="Service" required maxLength={200} autoFocus {...textOf(draft, 'service')} />
    <Field label="Metric" required maxLength={200} {...textOf(draft, 'metric')} />
    <Field label="Unit" placeholder="any" maxLength={200} {...textOf(draft, 'unit')} />
    <Select label="Severity" {...choiceOf(draft, 'severity')} />
  </div>
)

const ConditionFields = ({ draft }: FieldsProps) => (
  <>
    <div class="form-row">
      <Select label="Aggregate" {...choiceOf(draft, 'aggregate')} />
      <Select label="Over" {...choiceOf(draft, 'window')} />
      <Select label="Compare" {...choiceOf(draft, 'threshold')} />
      <Select label="Is" {...choiceOf(draft, 'operator')} />
      <Field label="Threshold" placeholder="greater than 0" required {...textOf(draft, 'value')} />
      <Select label="Fires" {...choiceOf(draft, 'wait')} />
    </div>
    <Check
      label="Notify the channels of e-mail"
      checked={draft.value.email}
      onChange={(email) => (draft.value = { ...draft.value, email })}
    />
  </>
)
