// The stand-ins that count people in images, for tests of a slice.
import { startCounters } from '../../../scripts/local/counters/server.ts'

/** Starts them, with the settings of a slice that uses them. */
export async function startPeopleCounters(timeoutMs: number) {
  const { url, close } = await startCounters()
  return {
    settings: {
      CROWD_URL: url,
      CROWD_TIMEOUT_MS: String(timeoutMs),
      GEMINI_ENDPOINT: url.replace(/\/$/, ''),
      GEMINI_API_KEY: 'secret-of-gemini',
    },
    close,
  }
}
