// Reads requests of cameras: an image in a form, or JSON with the number of people that it counted.
import { malformed, Problem, tooLarge } from '@penstock/shared/base/problem.ts'
import type { Call } from '@penstock/shared/http/service.ts'
import { parseJson, validateBody } from '@penstock/shared/http/validation.ts'
import { Counted, IMAGE_BYTES, type routes } from './contract.ts'
import type { Image } from './counters.ts'

/** A request of a camera. `people` is missing when `image` is there. */
export interface Sent {
  readonly zoneId: number
  readonly cameraId: number
  readonly image?: Image
  readonly people?: number
  readonly estimated?: number | undefined
  /** Microseconds since 1970; null for the instant at which it is stored. */
  readonly at: number | null
  /** Equal for a request and its repetitions. */
  readonly fingerprint: Buffer
}

type DetectCall = Pick<Call<typeof routes.detect>, 'headers' | 'bytes'>

const NO_ZONE = "Missing 'zone_id' or 'file'"
const NO_CAMERA = "Missing 'camera_id'"
const ID = /^[1-9]\d{0,9}$/

/** Reads a detection. @throws {Problem} 400, 404, 413 or 422. */
export async function readSent({ headers, bytes }: DetectCall): Promise<Sent> {
  return /^multipart\//i.test(headers['content-type'] ?? '')
    ? await readForm(headers['content-type'] ?? '', bytes)
    : readCounted(bytes)
}

function readCounted(bytes: Buffer): Sent {
  const body = parseJson(bytes)
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>
  if (fields['zone_id'] === undefined || fields['people'] === undefined) throw missing(NO_ZONE)
  if (fields['camera_id'] === undefined) throw missing(NO_CAMERA)
  const { zone_id, camera_id, people, people_estimated, timestamp } = validateBody(Counted, body)
  return {
    zoneId: zone_id,
    cameraId: camera_id,
    people,
    estimated: people_estimated ?? undefined,
    at: timestamp ?? null,
    fingerprint: bytes,
  }
}

async function readForm(type: string, bytes: Buffer): Promise<Sent> {
  const form = await parseForm(type, bytes)
  const [zone, camera, file] = [form.get('zone_id'), form.get('camera_id'), form.get('file')]
  if (typeof zone !== 'string' || zone === '' || !(file instanceof File)) throw missing(NO_ZONE)
  if (typeof camera !== 'string' || camera === '') throw missing(NO_CAMERA)
  if (file.size > IMAGE_BYTES) throw new Problem(tooLarge, `The file may have at most ${IMAGE_BYTES} bytes.`)
  const image = { name: file.name, type: file.type || 'image/jpeg', bytes: Buffer.from(await file.arrayBuffer()) }
  return {
    zoneId: idIn(zone),
    cameraId: idIn(camera),
    image,
    at: null,
    // The boundary of a form is another one in each request.
    fingerprint: Buffer.concat([Buffer.from(JSON.stringify([zone, camera, image.name])), image.bytes]),
  }
}

async function parseForm(type: string, bytes: Buffer): Promise<FormData> {
  try {
    return await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData()
  } catch (error) {
    throw new Problem(malformed, 'The form cannot be parsed.', { cause: error })
  }
}

/** An id that no row has, for a text that cannot be one: nothing is found under it. */
const idIn = (text: string): number => (ID.test(text) && Number(text) <= 2_147_483_647 ? Number(text) : 0)

const missing = (detail: string): Problem => new Problem(malformed, detail)
