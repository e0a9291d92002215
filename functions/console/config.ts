// Settings of the console.
import { trustedUrl } from '@penstock/shared/config/trusted-url.ts'
import { z } from 'zod'

export const consoleSettings = {
  /** Path of the file with the built console. By default it is next to the function's own module, where the build puts it. */
  CONSOLE_APP: z.string().min(1).optional(),
  /** URL of the API for browsers; the console's own origin when absent. */
  CONSOLE_API_URL: trustedUrl.optional(),
  /** URLs of slices that are not at CONSOLE_API_URL, as JSON: `{"metrics-query":"https://…"}`. */
  CONSOLE_SLICE_URLS: z
    .string()
    .default('{}')
    .transform((text, context) => {
      const urls = z.record(z.string(), trustedUrl).safeParse(parsed(text))
      if (urls.success) return urls.data
      context.addIssue({ code: 'custom', message: 'must be a JSON object of URLs by slice' })
      return z.NEVER
    }),
} as const

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
