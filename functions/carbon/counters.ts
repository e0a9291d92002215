// The two services that look at an image: one counts the people, the other estimates their number.
import { Problem, type ProblemKind, tooMany } from '@penstock/shared/base/problem.ts'
import { wholeNumberSetting } from '@penstock/shared/config/config.ts'
import { trustedUrl } from '@penstock/shared/config/trusted-url.ts'
import type { SettingsOf } from '@penstock/shared/slice/define-slice.ts'
import { z } from 'zod'
import { crowdDown, crowdFailed, crowdSlow } from './contract.ts'

export const counterSettings = {
  /** Address of the crowd service, which gets the image as the file of a form and answers `{ "sahi_count": 12 }`. Without it no image is taken. */
  CROWD_URL: trustedUrl.optional(),
  CROWD_TIMEOUT_MS: wholeNumberSetting(20_000, 100, 25_000),
  /** Address of the Gemini API, its key from a secret, and the model. Without a key there is no estimate. */
  GEMINI_ENDPOINT: trustedUrl.default('https://generativelanguage.googleapis.com'),
  GEMINI_API_KEY: z.string().min(1).optional(),
  GEMINI_MODEL: z
    .string()
    .regex(/^[a-z0-9.-]{1,100}$/, 'must be the name of a model')
    .default('gemini-2.5-flash'),
} as const

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
export function openCounters(settings: SettingsOf<typeof counterSettings>): Counters {
  let images = 0
  return {
    async people(image) {
      if (images >= MAX_IMAGES) throw tooMany(`${MAX_IMAGES} images are being counted. Send this one again later.`)
      images++
      try {
        return await askCrowd(settings, image)
      } finally {
        images--
      }
    },
    async estimate(image) {
      for (let tries = 0; tries < ESTIMATE_TRIES && settings.GEMINI_API_KEY !== undefined; tries++) {
        const found = await askGemini(settings, image).catch(() => undefined)
        if (found !== undefined) return found
      }
      return undefined
    },
    async crowdState() {
      if (settings.CROWD_URL === undefined) return 'not configured'
      const request = { method: 'GET', redirect: 'error', signal: AbortSignal.timeout(STATE_MS) } as const
      const answer = await fetch(settings.CROWD_URL, request).catch(() => undefined)
      await answer?.body?.cancel()
      return answer ? 'OK' : 'unreachable'
    },
  }
}

type Settings = SettingsOf<typeof counterSettings>

async function askCrowd({ CROWD_URL: url, CROWD_TIMEOUT_MS: ms }: Settings, image: Image): Promise<number> {
  if (url === undefined) throw crowd(crowdDown, 'No crowd service is configured. Send the number of people as JSON.')
  const body = new FormData()
  body.append('file', new Blob([new Uint8Array(image.bytes)], { type: image.type }), image.name)
  const text = await ask(url, { body, signal: AbortSignal.timeout(ms) }).catch((error: unknown) => {
    if ((error as Error).name === 'TimeoutError')
      throw crowd(crowdSlow, 'Crowd API timeout. Please try again.', error)
    throw crowd(crowdDown, 'Cannot connect to Crowd API. Service may be down.', error)
  })
  const people = text === undefined ? undefined : countIn(text)
  if (people === undefined) throw crowd(crowdFailed, 'Crowd Service failed')
  return people
}

const crowd = (kind: ProblemKind, detail: string, cause?: unknown): Problem => new Problem(kind, detail, { cause })

function countIn(text: string): number | undefined {
  try {
    const { sahi_count: people } = JSON.parse(text) as { readonly sahi_count?: unknown }
    return Number.isInteger(people) && Number(people) >= 0 && Number(people) <= MAX_PEOPLE ? Number(people) : undefined
  } catch {
    return undefined
  }
}

const Estimate = z.object({
  candidates: z.array(z.object({ content: z.object({ parts: z.array(z.object({ text: z.string() })).min(1) }) })).min(1),
})

async function askGemini(settings: Settings, { type, bytes }: Image): Promise<number | undefined> {
  const { GEMINI_ENDPOINT: endpoint, GEMINI_API_KEY: key = '', GEMINI_MODEL: model } = settings
  const parts = [{ text: PROMPT }, { inline_data: { mime_type: type, data: bytes.toString('base64') } }]
  const text = await ask(`${endpoint}/v1beta/models/${model}:generateContent`, {
    headers: { 'content-type': 'application/json', 'x-goog-api-key': key },
    body: JSON.stringify({ contents: [{ parts }] }),
    signal: AbortSignal.timeout(ESTIMATE_MS),
  })
  const parsed = Estimate.safeParse(text === undefined ? undefined : JSON.parse(text))
  const [number] = /\d{1,7}/.exec(parsed.data?.candidates[0]?.content.parts[0]?.text ?? '') ?? []
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
