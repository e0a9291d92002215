// Lets the tests compare every answer of the front with its route's contract. Nothing inspects answers in production.
import type { Route } from './wire.ts'

/** An answer as the front sends it, before it is compressed. */
export interface InspectedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
}

type Inspect = (route: Route, answer: InspectedAnswer) => Promise<void>

const inspectors: Inspect[] = []

/** Has every answer inspected before it is sent. */
export const inspectAnswers = (inspect: Inspect): void => void inspectors.push(inspect)

/** Called by the front for each answer; `route` is undefined when none was found. */
export async function inspectAnswer(route: Route | undefined, answer: InspectedAnswer): Promise<void> {
  if (route) for (const inspect of inspectors) await inspect(route, answer)
}
