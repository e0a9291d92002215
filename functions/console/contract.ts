// The routes of the console: the API document and its reference page. Neither needs a credential.
import { type Routes, readsOnly } from '@penstock/shared/base/wire.ts'
import { z } from 'zod'

/** The URL of the reference page's styles. */
export const STYLESHEET = '/docs/reference.css'

const file = { method: 'GET', scope: 'none', problems: [], audit: readsOnly } as const

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  document: {
    ...file,
    path: '/openapi.json',
    summary: 'Read the API document (OpenAPI 3.1)',
    answer: [{ schema: z.looseObject({ openapi: z.string() }) }],
  },
  reference: {
    ...file,
    path: '/docs',
    summary: 'Read the reference page of the API',
    answer: [{ type: 'text/html' }],
  },
  referenceStyle: {
    ...file,
    path: STYLESHEET,
    summary: 'Read the styles of the reference page',
    answer: [{ type: 'text/css' }],
  },
} as const satisfies Routes
