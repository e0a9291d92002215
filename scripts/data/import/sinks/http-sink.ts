// Stores chunks over HTTP, one batch after the other.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { LenientAnswer } from '../../../../functions/metrics-ingest/contract.ts'
import type { Chunk, Refusal } from '../chunk.ts'
import { ImportError } from '../import-error.ts'
import type { Outcome, Saved } from '../report.ts'
import { orderPoints } from '../rows/order.ts'
import { type Batch, toBatches } from './http-batches.ts'
import { type HttpTarget, type PostDeps, postBatch } from './http-post.ts'
import type { Identity, Sink } from './sink.ts'

const NOTHING: Outcome = { stored: 0, unchanged: 0, deferred: 0, collapsed: 0, conflicting: 0, refused: [] }

/** Opens the HTTP sink. `progress` is a file that records the progress of runs; without it each run starts at the beginning. */
export function openHttpSink(deps: PostDeps, target: HttpTarget, progress: string | undefined): Sink {
  return {
    resume: async (identity) => readProgress(progress)[identity],
    async prepare(identity, chunk) {
      const batches = toBatches(chunk)
      return {
        async store(next) {
          const { conflicting } = orderPoints(chunk, [...chunk.series.keys()])
          let outcome: Outcome = { ...NOTHING, conflicting }
          for (const batch of batches) outcome = add(outcome, chunk, batch, await postBatch(deps, target, batch.body))
          const saved = next(outcome)
          writeProgress(progress, { ...readProgress(progress), [identity]: saved })
          return saved
        },
      }
    },
    async forget(identities) {
      const kept = Object.entries(readProgress(progress)).filter(([identity]) => !identities.includes(identity))
      writeProgress(progress, Object.fromEntries(kept))
    },
  }
}

function add(sum: Outcome, chunk: Chunk, { first, count }: Batch, answer: LenientAnswer): Outcome {
  const refused = answer.rejected.map(
    ({ index, code, detail }): Refusal => ({ line: chunk.line[first + index] ?? 0, column: null, code, detail }),
  )
  return {
    stored: sum.stored + answer.accepted,
    unchanged: 0,
    deferred: sum.deferred + answer.deferred,
    conflicting: sum.conflicting,
    collapsed: sum.collapsed + count - answer.accepted - answer.deferred - refused.length,
    refused: [...sum.refused, ...refused],
  }
}

function readProgress(progress: string | undefined): Readonly<Record<Identity, Saved>> {
  if (progress === undefined) return {}
  try {
    return JSON.parse(readFileSync(progress, 'utf8')) as Record<Identity, Saved>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new ImportError(`cannot read ${progress}: ${(error as Error).message}`, { cause: error })
  }
}

/** Writes the file atomically. */
function writeProgress(progress: string | undefined, saved: Readonly<Record<Identity, Saved>>): void {
  if (progress === undefined) return
  writeFileSync(`${progress}.new`, `${JSON.stringify(saved, null, 2)}\n`)
  renameSync(`${progress}.new`, progress)
}
