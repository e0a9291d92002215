// Maps each function to its module and to its list of routes. A slice may have a second entry point.
import { budget } from '@penstock/shared/database/connection-budget.ts'

export interface EntryPoint {
  /** The function's name in the budget, in its URL and in FUNCTION_TARGET. */
  readonly name: string
  /** The folder below functions/. */
  readonly slice: string
  /** The name under which the slice's contract.ts exports this function's routes. */
  readonly routes: 'routes' | 'pubsubRoutes'
}

const PUSH = '-pubsub'

/** Every function of the budget. */
export const entryPoints: readonly EntryPoint[] = Object.keys(budget.functions).map((name) =>
  name.endsWith(PUSH)
    ? { name, slice: name.slice(0, -PUSH.length), routes: 'pubsubRoutes' }
    : { name, slice: name, routes: 'routes' },
)
