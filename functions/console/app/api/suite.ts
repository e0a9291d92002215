// The suite's API as the pages use it: each call goes to the function that has it, and a 401 ends the session.
import type { Client, OperationName } from '@penstock/client'
import { ProblemError } from '@penstock/client/problem.ts'
import { clientOf, isExpired } from './session.ts'

/** Sends an operation; see the client. */
export const call: Client['call'] = async (name, ...rest) => await watched(owner(name).call(name, ...rest))

/** Sends an operation and returns its answer with status and headers; see the client. */
export const send: Client['send'] = async (name, ...rest) => await watched(owner(name).send(name, ...rest))

const owner = (name: OperationName): Client => clientOf(name.slice(0, name.indexOf('.')))

async function watched<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ProblemError && error.status === 401) isExpired.value = true
    throw error
  }
}
