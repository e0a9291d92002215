// A stand-in for cloudkms.googleapis.com over REST, as strict as the service: encrypt and decrypt with one key.
// https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { crc32c } from '@penstock/shared/base/crc32c.ts'
import { startServer } from '../http/http.ts'

export interface FakeKms {
  readonly url: string
  readonly key: string
  /** Calls so far: `encrypt` and `decrypt`. */
  readonly calls: string[]
  /** Makes a new primary version. */
  rotate(): void
  /** Changes each answer before it is sent. */
  damage: (answer: Record<string, unknown>) => void
  close(): Promise<void>
}

interface Asked {
  readonly verb: string
  readonly body: Readonly<Record<string, unknown>>
}

const MAX_BYTES = 64 * 1024
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  encrypt: ['plaintext', 'additionalAuthenticatedData', 'plaintextCrc32c', 'additionalAuthenticatedDataCrc32c'],
  decrypt: ['ciphertext', 'additionalAuthenticatedData', 'ciphertextCrc32c', 'additionalAuthenticatedDataCrc32c'],
}

class KmsError extends Error {
  readonly code: number
  readonly status: string
  constructor(code: number, status: string, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

const invalid = (message: string): KmsError => new KmsError(400, 'INVALID_ARGUMENT', message)

export async function openKms(): Promise<FakeKms> {
  const key = 'projects/local/locations/europe-west1/keyRings/penstock/cryptoKeys/channels'
  const versions: Buffer[] = [randomBytes(32)]
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      let status = 200
      let answer: Record<string, unknown>
      try {
        answer = answerTo(readAsked(request.method, request.url, Buffer.concat(parts)))
        kms.damage(answer)
      } catch (error) {
        const known = error instanceof KmsError ? error : invalid((error as Error).message)
        status = known.code
        answer = { error: { code: known.code, status: known.status, message: known.message } }
      }
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })

  function readAsked(method = '', url = '', bytes: Buffer): Asked {
    const [, name, verb = ''] = /^\/v1\/(projects\/[^:?]+):(encrypt|decrypt)(?:\?.*)?$/.exec(url) ?? []
    if (method !== 'POST' || name === undefined) throw new KmsError(404, 'NOT_FOUND', 'Not Found')
    if (name !== key) throw new KmsError(403, 'PERMISSION_DENIED', `Permission denied on ${name}`)
    const body = JSON.parse(bytes.toString()) as Record<string, unknown>
    const unknown = Object.keys(body).find((field) => field !== 'name' && !FIELDS[verb]?.includes(field))
    if (unknown !== undefined) throw invalid(`Unknown name "${unknown}"`)
    return { verb, body }
  }

  function answerTo({ verb, body }: Asked): Record<string, unknown> {
    kms.calls.push(verb)
    const context = bytesIn(body, 'additionalAuthenticatedData')
    if (verb === 'encrypt') {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', versions.at(-1) ?? Buffer.alloc(0), nonce)
      cipher.setAAD(context)
      const encrypted = Buffer.concat([cipher.update(bytesIn(body, 'plaintext')), cipher.final()])
      const ciphertext = Buffer.concat([Buffer.from([versions.length]), nonce, cipher.getAuthTag(), encrypted])
      return {
        name: `${key}/cryptoKeyVersions/${versions.length}`,
        ciphertext: ciphertext.toString('base64'),
        ciphertextCrc32c: checksum(ciphertext),
        verifiedPlaintextCrc32c: true,
        verifiedAdditionalAuthenticatedDataCrc32c: true,
        protectionLevel: 'SOFTWARE',
      }
    }
    const sealed = bytesIn(body, 'ciphertext')
    try {
      const decipher = createDecipheriv(
        'aes-256-gcm',
        versions[(sealed[0] ?? 0) - 1] ?? Buffer.alloc(32),
        sealed.subarray(1, 13),
      )
      decipher.setAAD(context)
      decipher.setAuthTag(sealed.subarray(13, 29))
      const plaintext = Buffer.concat([decipher.update(sealed.subarray(29)), decipher.final()])
      return {
        plaintext: plaintext.toString('base64'),
        plaintextCrc32c: checksum(plaintext),
        protectionLevel: 'SOFTWARE',
      }
    } catch {
      throw invalid('Decryption failed: verify that the ciphertext and the additional authenticated data are correct.')
    }
  }

  const started = await startServer(server)
  const kms: FakeKms = {
    url: started.url,
    key,
    calls: [],
    rotate: () => void versions.push(randomBytes(32)),
    damage: () => {},
    close: async () => await started.stop(),
  }
  return kms
}

const checksum = (bytes: Buffer): string => String(crc32c(bytes) >>> 0)

/** Reads bytes, and compares them with their checksum. */
function bytesIn(body: Readonly<Record<string, unknown>>, field: string): Buffer {
  const text = body[field]
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw invalid(`Invalid value at "${field}"`)
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 0 || bytes.length > MAX_BYTES) throw invalid(`${field} must have 1 to ${MAX_BYTES} bytes`)
  if (body[`${field}Crc32c`] !== checksum(bytes)) throw invalid(`The checksum in field ${field}_crc32c did not match.`)
  return bytes
}
