// Writes answers as the JSON of the Prometheus API. Values are texts, because JSON has no infinities.

import { entriesOf, type Labels } from '../columns/labels.ts'
import { stepAt } from '../columns/values.ts'
import type { Answer, StepAnswer } from '../eval/ask.ts'
import { formatLong, formatValue } from '../syntax/format-number.ts'

/** Writes the `data` of an instant query. */
export function writeAnswer(answer: Answer): string {
  switch (answer.type) {
    case 'matrix': {
      const series = answer.series.map(({ labels, at, value }) => {
        const pairs = Array.from(at, (ms, i) => writePair(ms, value[i] as number))
        return writeSeries(labels, pairs)
      })
      return `{"resultType":"matrix","result":[${series.join(',')}]}`
    }
    case 'vector': {
      const samples = answer.series.map(
        ({ labels, value }) => `{"metric":${writeLabels(labels)},"value":${writePair(answer.at, value)}}`,
      )
      return `{"resultType":"vector","result":[${samples.join(',')}]}`
    }
    case 'scalar':
      return `{"resultType":"scalar","result":[${answer.at / 1_000},"${formatLong(answer.value)}"]}`
    case 'string':
      return `{"resultType":"string","result":[${answer.at / 1_000},${JSON.stringify(answer.text)}]}`
    default:
      return answer satisfies never
  }
}

/** Writes the `data` of a range query. */
export function writeSteps({ grid, series }: StepAnswer): string {
  const written = series.map(({ labels, values, has }) => {
    const pairs: string[] = []
    for (let i = 0; i < has.length; i++) {
      if (has[i] === 1) pairs.push(writePair(stepAt(grid, i), values[i] as number))
    }
    return writeSeries(labels, pairs)
  })
  return `{"resultType":"matrix","result":[${written.join(',')}]}`
}

const writeLabels = (labels: Labels): string => JSON.stringify(Object.fromEntries(entriesOf(labels)))

const writeSeries = (labels: Labels, pairs: readonly string[]): string =>
  `{"metric":${writeLabels(labels)},"values":[${pairs.join(',')}]}`

const writePair = (ms: number, value: number): string => `[${ms / 1_000},"${formatValue(value)}"]`
