// The page of the mail sink: a list, each e-mail as text and as HTML, and all of them as JSON.
import type { IncomingMessage, ServerResponse } from 'node:http'

/** An e-mail as it came in. */
export interface KeptMail {
  readonly id: number
  readonly at: string
  readonly from: string
  /** The receivers of the envelope. */
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The values by lower-case names. */
  readonly headers: Readonly<Record<string, string>>
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (found) => ENTITIES[found] ?? '')

/** The HTML of an e-mail runs no script and loads nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

/** Answers a request for the page or for what is on it. */
export function answerMail(mails: readonly KeptMail[], request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const to = searchParams.get('to')
  const found = to === null ? mails : mails.filter((mail) => mail.to.includes(to))
  const send = (status: number, type: string, body: string): void => {
    response.writeHead(status, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    response.end(body)
  }
  const [, id, part] = /^\/messages\/(\d+)\/(text|html)$/.exec(pathname) ?? []
  const one = mails.find((mail) => String(mail.id) === id)
  if (request.method !== 'GET') return send(405, 'text/plain', 'Only GET is allowed.\n')
  if (pathname === '/') return send(200, 'text/html', pageOf(found))
  if (pathname === '/messages') return send(200, 'application/json', JSON.stringify(found))
  if (one && part === 'text') return send(200, 'text/plain', one.text)
  if (one && part === 'html') return send(200, 'text/html', one.html)
  send(404, 'text/plain', 'There is no such e-mail.\n')
}

function pageOf(mails: readonly KeptMail[]): string {
  const rows = mails.toReversed().map(
    ({ id, at, to, subject }) =>
      `<tr><td>${escaped(at)}</td><td>${escaped(to.join(', '))}</td><td>${escaped(subject)}</td>
<td><a href="messages/${id}/html">HTML</a> <a href="messages/${id}/text">text</a></td></tr>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>E-mails of Penstock</title></head>
<body style="font-family:sans-serif"><h1>E-mails</h1>
<p>${mails.length === 0 ? 'There is no e-mail yet. Reload the page after an alert.' : 'Newest first. None of them was delivered.'}</p>
<table cellpadding="6">${rows.join('\n')}</table></body></html>
`
}
