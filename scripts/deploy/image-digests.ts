// Container images that the project builds with. They are named by digest, so another image under the same tag is never used.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Every file that names an image. */
export const IMAGE_FILES = ['terraform/admin/Dockerfile', 'terraform/admin/cloudbuild.yaml'] as const

export interface NamedImage {
  readonly file: string
  /** The reference as written in the file. */
  readonly reference: string
  readonly isPinned: boolean
}

const NAMED = /^(?:FROM|\s*- name:)\s+(?:--platform=\S+\s+)?(\S+)/gm
const DIGEST = /^sha256:[0-9a-f]{64}$/
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')
const TIMEOUT_MS = 20_000

/** Returns the images that a file names, in order. */
export function imagesIn(file: string, text: string): readonly NamedImage[] {
  return [...text.matchAll(NAMED)].flatMap(([, reference]) =>
    reference === undefined || reference === 'scratch'
      ? []
      : [{ file, reference, isPinned: DIGEST.test(reference.split('@')[1] ?? '') }],
  )
}

/** Returns the images of a checkout. @throws {Error} when one of the files does not exist. */
export const imagesOf = (root: string): readonly NamedImage[] =>
  IMAGE_FILES.flatMap((file) => imagesIn(file, readFileSync(join(root, file), 'utf8')))

/**
 * Asks an image's registry for the digest that its tag names now; for several platforms, the digest of their common index.
 * @throws {Error} naming the image, when the registry does not answer or does not know it.
 * @see https://distribution.github.io/distribution/spec/api/#pulling-an-image-manifest
 */
export async function findDigest(fetch: typeof globalThis.fetch, reference: string): Promise<string> {
  const { host, repository, tag } = partsOf(reference)
  const url = `${schemeOf(host)}//${host}/v2/${repository}/manifests/${tag}`
  let authorization: string | undefined
  const ask = async (method: 'GET' | 'HEAD'): Promise<Response> => {
    const headers = { accept: MANIFESTS, ...(authorization === undefined ? {} : { authorization }) }
    return await fetch(url, { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
  }
  try {
    const first = await ask('HEAD')
    if (first.status === 401) authorization = await tokenFor(fetch, host, first.headers)
    const answer = first.status === 401 ? await ask('HEAD') : first
    if (!answer.ok) throw new Error(`${host} answered ${answer.status} without a digest`)
    const digest = answer.headers.get('docker-content-digest') ?? (await digestOf(await ask('GET')))
    if (!DIGEST.test(digest)) throw new Error(`${host} answered with the digest ${digest}, which is not one of SHA-256`)
    return digest
  } catch (error) {
    throw new Error(`${reference}: ${(error as Error).message}`, { cause: error })
  }
}

/** Registries may leave out the header with the digest, which is that of the manifest's bytes. */
async function digestOf(answer: Response): Promise<string> {
  if (!answer.ok) throw new Error(`its registry answered ${answer.status} without a manifest`)
  return `sha256:${createHash('sha256')
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest('hex')}`
}

/** Like Docker, asks a registry on this machine without TLS. */
const schemeOf = (host: string): 'http:' | 'https:' =>
  /^(?:localhost|127\.0\.0\.1)(?::|$)/.test(host) ? 'http:' : 'https:'

/** Splits a reference like Docker does: `node:24` is `library/node` on docker.io. */
function partsOf(reference: string): { readonly host: string; readonly repository: string; readonly tag: string } {
  const [path, tag = 'latest'] = splitTag(reference.split('@')[0] ?? '')
  const [first = '', ...rest] = path.split('/')
  if (rest.length > 0 && /[.:]/.test(first)) return { host: first, repository: rest.join('/'), tag }
  return { host: 'registry-1.docker.io', repository: rest.length === 0 ? `library/${path}` : path, tag }
}

/** A colon before the last slash belongs to a registry's port. */
function splitTag(name: string): readonly [path: string, tag: string | undefined] {
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1)
  return colon === -1 ? [name, undefined] : [name.slice(0, colon), name.slice(colon + 1)]
}

/** A public image is read with a token that the registry gives to anybody. */
async function tokenFor(fetch: typeof globalThis.fetch, host: string, headers: Headers): Promise<string> {
  const challenge = Object.fromEntries(
    [...(headers.get('www-authenticate') ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  )
  const { realm = '', service = '', scope = '' } = challenge
  if (!realm.startsWith('https://') && !realm.startsWith(`${schemeOf(host)}//${host}/`))
    throw new Error('its registry does not say where tokens come from')
  const query = new URLSearchParams({ service, scope })
  const answer = await fetch(`${realm}?${query.toString()}`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!answer.ok) throw new Error(`its registry gave no token: ${answer.status}`)
  const { token, access_token } = (await answer.json()) as { readonly token?: string; readonly access_token?: string }
  return `Bearer ${token ?? access_token ?? ''}`
}
