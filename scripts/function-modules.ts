// Where each function's code is. A function is called like its slice, but for a slice's second entry point.
import { budget } from '@penstock/shared/connection-budget.ts'

const sliceOf: Readonly<Record<string, string>> = { 'metrics-ingest-pubsub': 'metrics-ingest' }

/** Every function, as connection-budget.json has them: what has no budget is not deployed. */
export const functionNames: readonly string[] = Object.keys(budget.functions)

/** The module that registers a function's entry point, from the project's root. */
export function moduleOf(functionName: string): string {
  return `functions/${sliceOf[functionName] ?? functionName}/index.ts`
}
