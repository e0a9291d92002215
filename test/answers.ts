// In every test, each answer of the front is compared with its route's contract; a difference turns the test red.
import { inspectAnswers } from '@penstock/shared/base/answer-inspection.ts'
import type { DocumentedRoute, Route } from '@penstock/shared/base/wire.ts'
import { afterEach } from 'vitest'

const differences: string[] = []

// The contracts' schemas are loaded with the first answer: most tests have none.
inspectAnswers(async (route, answer) => {
  if (!isDocumented(route)) return
  const { differenceFrom } = await import('./support/house/answer-check.ts')
  const difference = differenceFrom(route, answer)
  if (difference !== undefined) differences.push(`${route.method} ${route.path}: ${difference}`)
})

afterEach(() => {
  if (differences.length > 0)
    throw new Error(`answers that differ from their contracts:\n${differences.splice(0).join('\n')}`)
})

/** Routes that a test of the front made up have no contract. */
const isDocumented = (route: Route): route is DocumentedRoute => 'answer' in route
