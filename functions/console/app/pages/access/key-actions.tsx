// Buttons of an API key: rotate it, or revoke it.
import type { ApiKey, MadeApiKey } from '@penstock/client/api.ts'
import { useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { call } from '../../api/suite.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { FailureLine } from '../../ui/states.tsx'

interface KeyActionsProps {
  readonly apiKey: ApiKey
  readonly onMade: (key: MadeApiKey) => void
  readonly onChange: () => void
}

type Question = 'rotate' | 'revoke'

const QUESTIONS = {
  rotate: ['Rotate', 'A new key is made and shown once. The old one stays valid for 24 hours.'],
  revoke: ['Revoke', 'Programs that use this key are refused from now on. This cannot be undone.'],
} as const

/** The buttons of a key; both ask first. */
export function KeyActions({ apiKey: { id, name }, onMade, onChange }: KeyActionsProps) {
  const asked = useSignal<Question | undefined>(undefined)
  const { isRunning, failure, run, clear } = useAction()
  const close = (): void => {
    asked.value = undefined
    clear()
  }
  const works = {
    rotate: async () => onMade(await call('identity.rotateKey', { path: { id }, body: {} })),
    revoke: async () => {
      await call('identity.revokeKey', { path: { id } })
      onChange()
    },
  } as const satisfies Record<Question, () => Promise<void>>
  const work = async (question: Question): Promise<void> => {
    await works[question]()
    close()
  }
  const question = asked.value
  return (
    <span class="row-actions">
      {(['rotate', 'revoke'] as const).map((one) => (
        <Button key={one} kind="quiet" label={`${QUESTIONS[one][0]} ${name}`} onClick={() => (asked.value = one)}>
          {QUESTIONS[one][0]}
        </Button>
      ))}
      {question === undefined ? null : (
        <Confirm
          title={`${QUESTIONS[question][0]} ${name}?`}
          action={QUESTIONS[question][0]}
          isRunning={isRunning}
          onConfirm={() => void run(async () => await work(question))}
          onClose={close}
        >
          <p>{QUESTIONS[question][1]}</p>
          <FailureLine failure={failure} />
        </Confirm>
      )}
    </span>
  )
}
