// The files of the console: the page and its scripts as they were built, and the reference of the API document.
import type { Handlers, Reply } from '@penstock/shared/http/service.ts'
import { preferredType } from '@penstock/shared/negotiation/accept.ts'
import { appPage, assetReply, type BuiltApp } from './app-page.ts'
import { CONSOLE, type EntryPoints, type PageSettings, type routes, STYLESHEET } from './contract.ts'
import type { ApiDocument } from './document.ts'
import { fileReply, once, pageHeaders } from './files.ts'
import { referencePage } from './reference-page.ts'
import { style } from './style.ts'

export interface ConsoleParts {
  readonly document: ApiDocument
  /** Reads the built console. Called until it succeeds. */
  readonly readApp: () => BuiltApp
  readonly settings: PageSettings
}

/** Returns the handler of each route. */
export function handlersOf({ document, readApp, settings }: ConsoleParts): Handlers<typeof routes> {
  let read: BuiltApp | undefined
  const app = (): BuiltApp => (read ??= readApp())
  const assets = new Map<string, Reply>()
  const json = (value: unknown, lifetime: 'checked' | 'minutes'): Reply =>
    fileReply({ type: 'application/json', lifetime, text: JSON.stringify(value) })
  return {
    home: async ({ headers }) => homeReply(headers.accept, document.info.version),
    page: once(() => appPage(app(), originsOf(settings))),
    settings: once(() => json(settings, 'checked')),
    asset: async ({ params: { file = '' } }) => {
      const reply = assets.get(file) ?? assetReply(app(), file)
      assets.set(file, reply)
      return reply
    },
    document: once(() => json(document, 'minutes')),
    reference: once(() =>
      fileReply({
        type: 'text/html; charset=utf-8',
        lifetime: 'minutes',
        headers: pageHeaders(),
        text: referencePage(document, STYLESHEET),
      }),
    ),
    referenceStyle: once(() => fileReply({ type: 'text/css; charset=utf-8', lifetime: 'minutes', text: style })),
  }
}

/** Redirects browsers to the console, and answers programs with the paths of the API document, the reference and the console. */
function homeReply(accept: string | undefined, version: string): Reply {
  const headers = { 'cache-control': 'no-cache', vary: 'Accept' }
  if (preferredType(accept, ['text/html', 'application/json']) === 'text/html')
    return { status: 308, headers: { ...headers, location: `${CONSOLE}/` } }
  const entries: EntryPoints = {
    name: 'Penstock',
    version,
    openapi: '/openapi.json',
    docs: '/docs',
    console: `${CONSOLE}/`,
  }
  return { headers, json: entries }
}

/** The origins that the page calls, except its own. */
function originsOf({ base_url, urls = {} }: PageSettings): readonly string[] {
  const absolute = [base_url, ...Object.values(urls)].filter((url) => URL.canParse(url))
  return [...new Set(absolute.map((url) => new URL(url).origin))].toSorted()
}
