// Writes answers as the JSON of the Prometheus API. Values are texts, because JSON has no infinities.

import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { entriesOf, type Labels } from '../columns/labels.ts'
import { stepAt } from '../columns/values.ts'
import type { Answer, StepAnswer } from '../eval/ask.ts'
import { formatLong, formatValue } from '../syntax/format-number.ts'
import { executionError } from '../syntax/query-error.ts'

/** A text in parts, which becomes bytes as it grows. */
interface Output {
  text: string
  readonly parts: Buffer[]
  bytes: number
  /** Maximum bytes. */
  readonly most: number
}

const PART_LENGTH = 64 * 1024

/** Writes the `data` of an instant query. @throws {QueryError} for more than `most` bytes. */
export function* writeAnswer(answer: Answer, most: number): Pieces<readonly Buffer[]> {
  const out: Output = { text: '', parts: [], bytes: 0, most }
  out.text = `{"resultType":"${answer.type}","result":[`
  switch (answer.type) {
    case 'matrix':
      yield* writeEach(out, answer.series, function* ({ labels, at, value }) {
        out.text += startOf(labels)
        for (let i = 0; i < at.length; i++) {
          out.text += `${i === 0 ? '' : ','}${instantOf(at[i] as number)}${formatValue(value[i] as number)}"]`
          if (isDue(out)) yield
        }
        out.text += ']}'
      })
      break
    case 'vector':
      for (const [i, { labels, value }] of answer.series.entries()) {
        out.text += `${i === 0 ? '' : ','}{"metric":${writeLabels(labels)},"value":${instantOf(answer.at)}${formatValue(value)}"]}`
        if (isDue(out)) yield
      }
      break
    case 'scalar':
      out.text += `${answer.at / 1_000},"${formatLong(answer.value)}"`
      break
    case 'string':
      out.text += `${answer.at / 1_000},${JSON.stringify(answer.text)}`
      break
    default:
      answer satisfies never
  }
  return finish(out)
}

/** Writes the `data` of a range query. @throws {QueryError} for more than `most` bytes. */
export function* writeSteps({ grid, series }: StepAnswer, most: number): Pieces<readonly Buffer[]> {
  const out: Output = { text: '{"resultType":"matrix","result":[', parts: [], bytes: 0, most }
  const instants = Array.from({ length: series.length === 0 ? 0 : grid.count }, (_, i) => instantOf(stepAt(grid, i)))
  yield* writeEach(out, series, function* ({ labels, values, has }) {
    out.text += startOf(labels)
    let comma = ''
    for (let i = 0; i < has.length; i++) {
      if (has[i] === 0) continue
      out.text += `${comma}${instants[i]}${formatValue(values[i] as number)}"]`
      comma = ','
      if (isDue(out)) yield
    }
    out.text += ']}'
  })
  return finish(out)
}

function* writeEach<T>(out: Output, all: readonly T[], write: (one: T) => Pieces<void>): Pieces<void> {
  for (const [i, one] of all.entries()) {
    if (i > 0) out.text += ','
    yield* write(one)
    if (isDue(out)) yield
  }
}

/** Converts the text into bytes and returns true, when there is enough text. */
function isDue(out: Output): boolean {
  if (out.text.length < PART_LENGTH) return false
  flush(out)
  return true
}

function flush(out: Output): void {
  const part = Buffer.from(out.text)
  out.text = ''
  out.bytes += part.length
  out.parts.push(part)
  if (out.bytes <= out.most) return
  const most = (out.most / 1024 / 1024).toLocaleString('en-US')
  throw executionError(`the answer would have more than ${most} MiB; ask for fewer series or a longer step`)
}

function finish(out: Output): readonly Buffer[] {
  out.text += ']}'
  flush(out)
  return out.parts
}

const writeLabels = (labels: Labels): string => JSON.stringify(Object.fromEntries(entriesOf(labels)))

const startOf = (labels: Labels): string => `{"metric":${writeLabels(labels)},"values":[`

/** Writes the beginning of a pair. */
const instantOf = (ms: number): string => `[${ms / 1_000},"`
