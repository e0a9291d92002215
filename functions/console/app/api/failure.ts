// Failures in the reader's words: what is wrong, and what to do.
import { NoAnswerError, ProblemError } from '@penstock/client/problem.ts'

export interface Failure {
  readonly kind: 'expired' | 'forbidden' | 'missing' | 'busy' | 'refused' | 'silent' | 'broken'
  readonly title: string
  readonly detail: string
  /** The next step for the reader. */
  readonly advice: string
}

interface Words {
  readonly kind: Failure['kind']
  readonly title: string
  readonly advice: string
}

const BY_STATUS: Readonly<Record<number, Words>> = {
  401: { kind: 'expired', title: 'The credential is not valid any more', advice: 'Sign in again.' },
  403: {
    kind: 'forbidden',
    title: 'This credential does not allow it',
    advice: 'Sign in with a key that has the scope, or ask an administrator for it.',
  },
  404: {
    kind: 'missing',
    title: 'It is not there',
    advice: 'It may have been removed, or this suite may not offer it. Check the address, or go back.',
  },
  412: { kind: 'refused', title: 'It has changed in the meantime', advice: 'Load it again and repeat the change.' },
  429: { kind: 'busy', title: 'A limit was reached', advice: 'Wait a moment; the page asks again by itself.' },
  503: {
    kind: 'busy',
    title: 'Temporarily not available',
    advice: 'The page asks again by itself. If it lasts, an operator finds the cause on the page Database.',
  },
}

/** Turns anything thrown into words. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof ProblemError) return ofProblem(thrown)
  if (thrown instanceof NoAnswerError)
    return {
      kind: 'silent',
      title: 'The suite does not answer',
      detail: thrown.message,
      advice: 'Check that it is running and that this computer is connected. The page asks again by itself.',
    }
  const detail = thrown instanceof Error ? thrown.message : String(thrown)
  return { kind: 'broken', title: 'The console made a mistake', detail, advice: 'Load the page again.' }
}

function ofProblem({ status, problem }: ProblemError): Failure {
  const words = BY_STATUS[status] ?? {
    kind: status >= 500 ? 'broken' : 'refused',
    title: status >= 500 ? 'The suite failed' : problem.title || 'The request was refused',
    advice:
      status >= 500 ? 'Try again. If it happens again, the log of the function says why.' : 'Correct it and try again.',
  }
  const fields = (problem.errors ?? []).map(({ pointer, detail }) => `${pointer}: ${detail}`)
  return { ...words, detail: [problem.detail, ...fields].filter((text) => text !== '').join(' ') }
}
