// Gets the access token for Google's APIs from the environment, or from the user who is logged in with gcloud.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Returns an access token. @throws {Error} that says how to get one. */
export type TokenSource = () => Promise<string>

export interface TokenDeps {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Runs a program and returns its stdout. */
  readonly run: (program: string, args: readonly string[]) => Promise<string>
}

const GCLOUD_MS = 20_000
export const NO_CREDENTIALS = 'no credentials: gcloud auth login, or set GOOGLE_OAUTH_ACCESS_TOKEN'

/** Uses GOOGLE_OAUTH_ACCESS_TOKEN, which Terraform's provider reads too; otherwise the output of `gcloud auth print-access-token`. */
export function tokenSource({ env, run }: TokenDeps): TokenSource {
  let remembered: Promise<string> | undefined
  const find = async (): Promise<string> => {
    const given = env['GOOGLE_OAUTH_ACCESS_TOKEN']
    if (given !== undefined && given !== '') return given
    try {
      const token = (await run('gcloud', ['auth', 'print-access-token', '--quiet'])).trim()
      if (token !== '') return token
    } catch (error) {
      throw new Error(NO_CREDENTIALS, { cause: error })
    }
    throw new Error(NO_CREDENTIALS)
  }
  return async () => await (remembered ??= find())
}

const execute = promisify(execFile)

/** Returns a program's stdout. @throws {Error} when the program is not installed, fails, or takes longer than 20 s. */
export async function runProgram(program: string, args: readonly string[]): Promise<string> {
  return (await execute(program, [...args], { timeout: GCLOUD_MS })).stdout
}
