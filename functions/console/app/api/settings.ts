// Where the API is, as the console's function says.
import { createClient } from '@penstock/client'

export interface Settings {
  /** URL of the API, with its origin. */
  readonly baseUrl: string
  /** URLs of slices that are elsewhere. */
  readonly urls: Readonly<Record<string, string>>
  readonly version: string
}

let loaded: Settings | undefined

/** Reads the settings, once. @throws {ProblemError | NoAnswerError} when the console's function does not answer. */
export async function loadSettings(): Promise<Settings> {
  if (loaded) return loaded
  const own = createClient({ url: location.origin, retries: 2, timeoutMs: 15_000 })
  const answer = await own.call('console.settings')
  if (!answer) throw new Error('The console has no settings.')
  const { base_url, urls = {}, version } = answer
  loaded = { baseUrl: new URL(base_url, location.origin).href.replace(/\/$/, ''), urls, version }
  return loaded
}

/** The settings. @throws {Error} before they are loaded. */
export function settings(): Settings {
  if (!loaded) throw new Error('The settings are not loaded.')
  return loaded
}
