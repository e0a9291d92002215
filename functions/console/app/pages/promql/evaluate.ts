// Evaluates a PromQL expression over a span, and turns the answer into lines and rows.
import type { PromqlResult } from '@penstock/client/api.ts'
import { ProblemError } from '@penstock/client/problem.ts'
import { type Failure, failureOf } from '../../api/failure.ts'
import { call } from '../../api/suite.ts'
import type { Line } from '../../charts/line.ts'

export interface Evaluated {
  readonly lines: readonly Line[]
  readonly rows: readonly Row[]
  readonly warnings: readonly string[]
  /** Series that there are in addition to those that are drawn. */
  readonly hidden: number
}

export interface Row {
  readonly name: string
  readonly value: string
}

export interface Asked {
  readonly expression: string
  /** Seconds since 1970. */
  readonly from: number
  readonly to: number
}

const MOST_LINES = 8
/** A chart has about this many points on each line. */
const POINTS = 240
/** Steps that people read easily, in seconds. */
const STEPS = [1, 5, 15, 30, 60, 300, 900, 3_600, 21_600, 86_400]

/** The time between two points of a line. */
export const stepOf = ({ from, to }: Asked): number => STEPS.find((step) => (to - from) / step <= POINTS) ?? 604_800

/** Evaluates at the steps of the span. @throws {ProblemError} for an expression that is refused. */
export async function evaluate(asked: Asked, signal: AbortSignal): Promise<Evaluated> {
  const step = stepOf(asked)
  // Steps begin at whole multiples, so that a chart that is loaded again has the same points.
  const start = Math.ceil(asked.from / step) * step
  const query = { query: asked.expression, start: String(start), end: String(asked.to), step: String(step) }
  const { data, warnings = [] } = await call('promql.range', { query }, { signal })
  const series = matrix(data)
  return {
    lines: series.slice(0, MOST_LINES),
    rows: series.map(({ name, values }) => ({ name, value: String(values.at(-1) ?? '') })),
    warnings,
    hidden: Math.max(0, series.length - MOST_LINES),
  }
}

function matrix({ result }: PromqlResult): readonly Line[] {
  return result.flatMap((one) => {
    if (typeof one !== 'object' || !('metric' in one)) return []
    const values = (one.values ?? []).filter(([, value]) => Number.isFinite(Number(value)))
    return [
      {
        name: nameOf(one.metric),
        times: values.map(([time]) => Number(time)),
        values: values.map(([, value]) => Number(value)),
      },
    ]
  })
}

/** A series as PromQL writes it. */
function nameOf({ __name__ = '', ...labels }: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return parts.length === 0 ? __name__ || 'no labels' : `${__name__}{${parts.join(', ')}}`
}

/** A refusal has Prometheus' own form; its message says where the expression is wrong. */
export function refusalOf(failure: unknown): Failure {
  const words = failureOf(failure)
  const message =
    failure instanceof ProblemError ? /"error":"((?:[^"\\]|\\.)*)/.exec(failure.problem.detail)?.[1] : undefined
  if (message === undefined) return words
  return {
    kind: 'refused',
    title: 'The expression is refused',
    detail: message.replaceAll(String.raw`\"`, '"'),
    advice: 'Correct it and run it again.',
  }
}
