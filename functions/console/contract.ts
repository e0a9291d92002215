// The routes of the console: the page with its files, the API document and its reference page. None needs a credential.
import { notFound } from '@penstock/shared/base/problem.ts'
import { type Routes, readsOnly } from '@penstock/shared/base/wire.ts'
import { mapOf } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

/** The URL of the reference page's styles. */
export const STYLESHEET = '/docs/reference.css'
/** The URL of the console, without the slash at its end. */
export const CONSOLE = '/console'
/** The folder of the console's scripts and styles. */
export const ASSETS = `${CONSOLE}/assets`

const PageSettings = z
  .object({
    base_url: z.string().describe("Where the API is: a URL, or `/` for the page's own origin."),
    urls: mapOf(z.string())
      .optional()
      .describe('The URL of each slice, where no gateway has them all; a slice that is absent is at `base_url`.'),
    version: z.string(),
  })
  .meta({ title: 'ConsoleSettings' })
export type PageSettings = z.output<typeof PageSettings>

const file = { method: 'GET', scope: 'none', problems: [], audit: readsOnly } as const

const EntryPoints = z
  .object({
    name: z.literal('Penstock'),
    version: z.string().describe('The version of the API.'),
    openapi: z.string().describe('The path of the API document.'),
    docs: z.string().describe('The path of the reference page.'),
    console: z.string().describe('The path of the console.'),
  })
  .meta({ title: 'EntryPoints' })
export type EntryPoints = z.output<typeof EntryPoints>

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
  home: {
    method: 'GET',
    scope: 'none',
    problems: [],
    audit: readsOnly,
    path: '/',
    summary: 'Find the console, the reference page and the API document',
    answer: [
      { schema: EntryPoints, when: '`Accept` prefers JSON.' },
      { status: 308, when: 'The console is at `/console/`: for browsers, and without a preference.' },
    ],
  },
  page: { ...file, path: CONSOLE, summary: 'Read the console', answer: [{ type: 'text/html' }] },
  settings: {
    ...file,
    path: `${CONSOLE}/config.json`,
    summary: 'Read where the console finds the API',
    answer: [{ schema: PageSettings }],
  },
  asset: {
    ...file,
    path: `${ASSETS}/{file}`,
    summary: 'Read a script or the styles of the console',
    answer: [{ type: 'text/javascript' }, { type: 'text/css' }],
    problems: [notFound],
  },
} as const satisfies Routes
