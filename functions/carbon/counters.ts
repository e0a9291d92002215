// The two services that look at an image: one counts the people, the other estimates their number.
import { Problem, type ProblemKind, tooMany } from '@penstock/shared/base/problem.ts'
import { crowdDown, crowdFailed, crowdSlow } from './contract.ts'

export interface CounterOptions {
  readonly crowd: { readonly url: string | undefined; readonly timeoutMs: number }
  readonly gemini: { readonly endpoint: string; readonly key: string | undefined; readonly model: string }
}

export interface Image {
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
}

export interface Counters {
  /** Returns the number of people. @throws {Problem} 429, 502, 503 or 504. */
  people(image: Image): Promise<number>
  /** Returns the estimate; undefined when there is none. */
  estimate(image: Image): Promise<number | undefined>
  crowdState(): Promise<'OK' | 'not configured' | 'unreachable'>
}

/** The most images that an instance sends at once: each is held several times while it is sent. */
const MAX_IMAGES = 4
const MAX_PEOPLE = 1_000_000
const ANSWER_BYTES = 64 * 1024
const ESTIMATE_TRIES = 2
const ESTIMATE_MS = 10_000
const STATE_MS = 2_000
const PROMPT = 'Estimate how many people can be seen in this image. Answer with one whole number and nothing else.'

/** Opens the counters. Nothing is connected before the first image. */
export function openCounters({ crowd, gemini }: CounterOptions): Counters {
  let images = 0
  return {
    async people(image) {
      if (images >= MAX_IMAGES) throw tooMany(`${MAX_IMAGES} images are being counted. Send this one again later.`)
      images++
      try {
        return await askCrowd(crowd, image)
      } finally {
        images--
      }
    },
    async estimate(image) {
      for (let tries = 0; tries < ESTIMATE_TRIES && gemini.key !== undefined; tries++) {
        const found = await askGemini(gemini, image).catch(() => undefined)
        if (found !== undefined) return found
      }
      return undefined
    },
    async crowdState() {
      if (crowd.url === undefined) return 'not configured'
      const request = { method: 'GET', redirect: 'error', signal: AbortSignal.timeout(STATE_MS) } as const
      const answer = await fetch(crowd.url, request).catch(() => undefined)
      await answer?.body?.cancel()
      return answer ? 'OK' : 'unreachable'
    },
  }
}

async function askCrowd({ url, timeoutMs }: CounterOptions['crowd'], image: Image): Promise<number> {
  if (url === undefined) throw failed(crowdDown, 'No crowd service is configured. Send the number of people as JSON.')
  const body = new FormData()
  body.append('file', new Blob([new Uint8Array(image.bytes)], { type: image.type }), image.name)
  const text = await ask(url, { body, signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
    if ((error as Error).name === 'TimeoutError') throw failed(crowdSlow, 'Crowd API timeout. Please try again.', error)
    throw failed(crowdDown, 'Cannot connect to Crowd API. Service may be down.', error)
  })
  const people = text === undefined ? undefined : countIn(text)
  if (people === undefined) throw failed(crowdFailed, 'Crowd Service failed')
  return people
}

const failed = (kind: ProblemKind, detail: string, cause?: unknown): Problem => new Problem(kind, detail, { cause })

function countIn(text: string): number | undefined {
  try {
    const { sahi_count: people } = JSON.parse(text) as { readonly sahi_count?: unknown }
    return Number.isInteger(people) && Number(people) >= 0 && Number(people) <= MAX_PEOPLE ? Number(people) : undefined
  } catch {
    return undefined
  }
}

/** The part of an answer of the Gemini API that is read, each level of which may be missing. */
interface Estimated {
  readonly candidates?: readonly { readonly content?: { readonly parts?: readonly { readonly text?: string }[] } }[]
}

async function askGemini(
  { endpoint, key = '', model }: CounterOptions['gemini'],
  { type, bytes }: Image,
): Promise<number | undefined> {
  const parts = [{ text: PROMPT }, { inline_data: { mime_type: type, data: bytes.toString('base64') } }]
  const text = await ask(`${endpoint}/v1beta/models/${model}:generateContent`, {
    headers: { 'content-type': 'application/json', 'x-goog-api-key': key },
    body: JSON.stringify({ contents: [{ parts }] }),
    signal: AbortSignal.timeout(ESTIMATE_MS),
  })
  if (text === undefined) return undefined
  const { candidates } = JSON.parse(text) as Estimated
  const [number] = /\d{1,7}/.exec(candidates?.[0]?.content?.parts?.[0]?.text ?? '') ?? []
  return number === undefined || Number(number) > MAX_PEOPLE ? undefined : Number(number)
}

/** Posts and returns the text of an answer with 200 and at most 64 KiB; undefined for any other answer. */
async function ask(url: string, request: RequestInit): Promise<string | undefined> {
  const answer = await fetch(url, { ...request, method: 'POST', redirect: 'error' })
  const pieces: Uint8Array[] = []
  let length = 0
  if (answer.status === 200 && answer.body)
    for await (const piece of answer.body) {
      length += piece.byteLength
      if (length > ANSWER_BYTES) return undefined
      pieces.push(piece)
    }
  else await answer.body?.cancel()
  return answer.status === 200 ? Buffer.concat(pieces).toString('utf8') : undefined
}
