// The console's page: a document that loads one script and one file of styles, and the files that it loads.
import { busy, notFound, Problem } from '@penstock/shared/base/problem.ts'
import type { Reply } from '@penstock/shared/http/service.ts'
import { ASSETS } from './contract.ts'
import { fileReply, pageHeaders } from './files.ts'
import { html } from './markup.ts'

/** The built console. Names of files have the hash of their content. */
export interface BuiltApp {
  readonly script: string
  readonly style: string
  readonly files: Readonly<Record<string, string>>
}

/** The icon: a pipe that falls from a reservoir. It is part of the page, so that it costs no request. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='%230a6c8a'/%3E%3Cpath d='M7 9h7l8 14h4' fill='none' stroke='%23fff' stroke-width='4' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E"

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
}

/** Makes the page. `apis` are the origins of the API that are not the page's own. */
export function appPage({ script, style }: BuiltApp, apis: readonly string[]): Reply {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Penstock</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="${ASSETS}/${style}">
<script type="module" src="${ASSETS}/${script}"></script>
</head>
<body>
<div id="app"><p class="boot">Loading the console…</p></div>
<noscript><p class="boot">The console needs JavaScript. The API works without it: see <a href="/docs">the reference</a>.</p></noscript>
</body>
</html>
`
  const policy = { 'script-src': "'self'", 'connect-src': ["'self'", ...apis].join(' '), 'font-src': "'self'" }
  return fileReply({
    type: 'text/html; charset=utf-8',
    lifetime: 'checked',
    headers: pageHeaders(policy),
    text: page.markup,
  })
}

/** Makes the reply with a file of the console. @throws {Problem} 404 when it has none of this name. */
export function assetReply({ files }: BuiltApp, name: string): Reply {
  const text = Object.hasOwn(files, name) ? files[name] : undefined
  if (text === undefined) throw new Problem(notFound, 'The console has no such file. Load the page again.')
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'text/plain; charset=utf-8'
  return fileReply({ type, lifetime: 'forever', text })
}

/** Parses the file that the build wrote. @throws {Problem} 503 when it cannot be read. */
export function parseApp(read: () => string): BuiltApp {
  try {
    return JSON.parse(read()) as BuiltApp
  } catch (error) {
    throw busy('The console has not been built: start the suite by `npm start`, or run `npm run build`.', error)
  }
}
