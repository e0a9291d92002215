// Signing in: by a key, a token, or one button where the suite is on the reader's own machine.

import { ProblemError } from '@penstock/client/problem.ts'
import { useSignal } from '@preact/signals'
import { useAction } from '../../api/action.ts'
import { type Failure, failureOf } from '../../api/failure.ts'
import { isExpired, signIn } from '../../api/session.ts'
import { hrefOf, view } from '../../base/view.ts'
import { Button } from '../../ui/button.tsx'
import { Check, Field } from '../../ui/field.tsx'
import { Mark } from '../../ui/mark.tsx'
import { FailureLine } from '../../ui/states.tsx'

/** The parameter of the link that `npm start` prints. What follows the # of an address is never sent to a server. */
const LOCAL_KEY = 'local'

/** Takes the key out of the link that `npm start` printed, so that it is neither shown nor in the history. */
function takeLocalKey(): string | undefined {
  const { page, query } = view.peek()
  const { [LOCAL_KEY]: key, ...rest } = query
  if (key === undefined) return undefined
  const href = hrefOf(page, rest)
  history.replaceState(null, '', href)
  view.value = { page, query: rest }
  return key
}

const localKey = takeLocalKey()

/** The form. After a credential has expired it is shown above the page, which keeps its content. */
export function SignIn() {
  return (
    <main class="sign-in" id="content">
      <div class="sign-in-card">
        <p class="brand">
          <Mark /> Penstock
        </p>
        <h1>{isExpired.value ? 'Sign in again' : 'Sign in'}</h1>
        {isExpired.value ? (
          <p class="intro">The credential is not valid any more. What you were doing is still there.</p>
        ) : null}
        {localKey === undefined ? null : <LocalButton credential={localKey} />}
        <CredentialForm />
        <p class="note">
          The key stays in this tab; it is in no cookie and in no address. <a href="/docs">API reference</a>
        </p>
      </div>
    </main>
  )
}

function LocalButton({ credential }: { readonly credential: string }) {
  const { isRunning, failure, run } = useAction()
  return (
    <div class="local">
      <Button kind="primary" disabled={isRunning} onClick={() => void run(async () => await signIn(credential, true))}>
        {isRunning ? 'Opening…' : 'Open the local suite'}
      </Button>
      <FailureLine failure={failure} />
      <p class="or">
        <span>or with another credential</span>
      </p>
    </div>
  )
}

function CredentialForm() {
  const [text, keep] = [useSignal(''), useSignal(true)]
  const refusal = useSignal<Failure | undefined>(undefined)
  const { isRunning, run } = useAction()
  const submit = async (): Promise<void> => {
    try {
      await signIn(text.value, keep.value)
    } catch (error) {
      refusal.value = wordsOf(error)
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (text.value.trim() !== '') void run(submit)
      }}
    >
      <Field
        label="API key or token"
        value={text.value}
        placeholder="pk_…"
        autoFocus={localKey === undefined}
        spellcheck={false}
        hint={
          <>
            A local suite prints one when it starts. Others come from <code>npx penstock keys create</code> or the page
            Keys.
          </>
        }
        onInput={(value) => {
          text.value = value
          refusal.value = undefined
        }}
      />
      <Check
        label="Remember it until this tab closes"
        checked={keep.value}
        onChange={(checked) => (keep.value = checked)}
      />
      <FailureLine failure={refusal.value} />
      <Button kind={localKey === undefined ? 'primary' : 'plain'} type="submit" disabled={isRunning}>
        {isRunning ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  )
}

function wordsOf(error: unknown): Failure {
  if (!(error instanceof ProblemError) || error.status !== 401) return failureOf(error)
  return {
    kind: 'expired',
    title: 'This credential is not valid',
    detail: error.problem.detail,
    advice: 'Check that all of it was pasted: a key begins with pk_ and has no spaces.',
  }
}
