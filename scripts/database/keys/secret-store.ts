// Adds a version to a secret of Secret Manager over REST, because a library would add 5 MB for this one call.

import { parseEnvironment } from '@penstock/shared/config/config.ts'
import { metadataHost, trustedUrl } from '@penstock/shared/config/trusted-url.ts'
import { type AccessTokens, metadataTokens } from '@penstock/shared/database/access-token.ts'
import { z } from 'zod'

export interface SecretDeps {
  readonly tokens: Pick<AccessTokens, 'get'>
  readonly project: string
  /** Google's address when absent; tests set another. */
  readonly endpoint?: string
  readonly timeoutMs?: number
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const ENDPOINT = 'https://secretmanager.googleapis.com'

/** Secret Manager's rule for names. */
const NAME = /^[A-Za-z0-9_-]{1,255}$/

const Settings = z.object({ GCE_METADATA_HOST: metadataHost, SECRET_MANAGER_ENDPOINT: trustedUrl.optional() })

/**
 * Returns the access of a process in the cloud: its own service account, in its own project.
 * @throws {Error} when GOOGLE_CLOUD_PROJECT is not set.
 */
export function secretDepsOf(environment: NodeJS.ProcessEnv): SecretDeps {
  const project = environment['GOOGLE_CLOUD_PROJECT']
  if (!project) throw new Error('GOOGLE_CLOUD_PROJECT is not set: secrets belong to a project')
  const { GCE_METADATA_HOST: host, SECRET_MANAGER_ENDPOINT: endpoint } = parseEnvironment(Settings, environment)
  return {
    tokens: metadataTokens({ host, scope: SCOPE, timeoutMs: 10_000, now: Date.now }),
    project,
    ...(endpoint === undefined ? {} : { endpoint }),
  }
}

/** Checks the name of a secret. @throws {Error} for an invalid one. */
export function requireSecretName(name: string): void {
  if (!NAME.test(name)) throw new Error('a secret has 1 to 255 characters of A-Z, a-z, 0-9, - and _')
}

/**
 * Writes a value as the newest version of an existing secret, and returns the version's full name. Not safe to repeat: each call makes a
 * version.
 * @throws {Error} with Google's answer, and never with the value.
 * @see https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/addVersion
 */
export async function addSecretVersion(deps: SecretDeps, name: string, value: string): Promise<string> {
  requireSecretName(name)
  const { tokens, project, endpoint = ENDPOINT, timeoutMs = 10_000 } = deps
  const secret = `projects/${project}/secrets/${name}`
  const answer = await fetch(`${endpoint}/v1/${secret}:addVersion`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await tokens.get()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ payload: { data: Buffer.from(value).toString('base64') } }),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  const body = (await answer.json().catch(() => ({}))) as {
    readonly name?: string
    readonly error?: { message?: string }
  }
  if (answer.ok && body.name !== undefined) return body.name
  throw new Error(`${secret} takes no version: ${answer.status} ${body.error?.message ?? ''}`.trim())
}
