// Connections that begin a request and then send nothing more: each must be answered or ended within a limit.
import { type Draft, headOf } from './mutations/draft.ts'
import { createTalker } from './talk.ts'
import type { Target } from './target.ts'

/**
 * Opens one of each kind to every function; resolves with those that were neither answered nor ended, as sentences, after 100 s at most.
 */
export async function stall(target: Target): Promise<readonly string[]> {
  const all = target.functions.flatMap(({ name, port }) =>
    Object.entries(beginnings(target)).map(async ([what, bytes]) => {
      const talker = createTalker()
      const { end, ms } = await talker.ask(port, { bytes, manner: 'kept', method: 'POST', slow: true })
      talker.close()
      return end === 'late' ? [`${name}: a connection with ${what} is open after ${Math.round(ms / 1_000)} s`] : []
    }),
  )
  return (await Promise.all(all)).flat()
}

function beginnings({ world }: Target): Readonly<Record<string, Buffer>> {
  const draft: Draft = {
    method: 'POST',
    path: '/api/v1/monitoring/metrics',
    query: [],
    headers: [
      ['Authorization', `Bearer ${world.keys.writer}`],
      ['Content-Type', 'application/json'],
    ],
    body: Buffer.alloc(100),
    chunked: false,
  }
  const head = headOf(draft)
  return {
    'not a byte': Buffer.alloc(0),
    'half a request line': Buffer.from('POST /api'),
    'half a head': Buffer.from(head.slice(0, 60)),
    'a head without a body': Buffer.from(head),
    'half a body': Buffer.from(`${head}{"service_name"`),
    'chunks without an end': Buffer.from(`${headOf({ ...draft, chunked: true })}5\r\n{"a":\r\n`),
  }
}
