// The wiring of the console, nothing else.
import { readFileSync } from 'node:fs'
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import document from '../../openapi.json' with { type: 'json' }
import { parseApp } from './app-page.ts'
import { consoleSettings } from './config.ts'
import { routes } from './contract.ts'
import type { ApiDocument } from './document.ts'
import { handlersOf } from './replies.ts'

/** The file that `npm run build` puts next to the bundle. */
const APP_FILE = 'app.json'

export default defineSlice({
  name: 'console',
  routes,
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 80, connections: 0 },
  settings: consoleSettings,
  open: ({ settings: { CONSOLE_APP, CONSOLE_API_URL, CONSOLE_SLICE_URLS } }) =>
    handlersOf({
      document: document as unknown as ApiDocument,
      readApp: () => parseApp(() => readFileSync(CONSOLE_APP ?? new URL(APP_FILE, import.meta.url), 'utf8')),
      settings: {
        base_url: CONSOLE_API_URL ?? '/',
        ...(Object.keys(CONSOLE_SLICE_URLS).length > 0 ? { urls: CONSOLE_SLICE_URLS } : {}),
        version: document.info.version,
      },
    }),
})
