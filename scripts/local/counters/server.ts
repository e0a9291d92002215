// A local stand-in for both services that count people in images. An image that is JSON says what they answer; for any other they count ten.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { closeServer, listenOnLoopback } from '../listen.ts'
import { createSecretPath, guarded } from '../stand-in.ts'

export interface LocalCounters {
  /** CROWD_URL and GEMINI_ENDPOINT. The path is secret, as of all stand-ins. */
  readonly url: string
  close(): Promise<void>
}

/** The content of an image. `crowd`: `drop`, or an answer of the crowd service that is not a count. */
interface Script {
  readonly sahi_count?: number
  readonly gemini_count?: number
  readonly gemini_text?: string
  readonly crowd?: 'drop' | { readonly status?: number; readonly body?: string; readonly delay_ms?: number }
}

const MAX_BYTES = 16 * 1024 * 1024
const MAX_DELAY_MS = 30_000
const OTHER_IMAGES: Script = { sahi_count: 10, gemini_count: 10 }

/** Starts both services on one port. */
export async function startCounters(): Promise<LocalCounters> {
  const secretPath = createSecretPath()
  const server = createServer(
    guarded(secretPath, (request, response) => {
      answer(request, response).catch(() => response.destroy())
    }),
  )
  const port = await listenOnLoopback(server, 0)
  return { url: `http://127.0.0.1:${port}${secretPath}/`, close: () => closeServer(server) }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request)
  if (request.method === 'GET') return send(response, 200, '{}')
  if (request.url?.includes(':generateContent')) return estimate(response, body)
  await crowd(response, await scriptInForm(request, body))
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > MAX_BYTES) throw new Error('the body is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

async function scriptInForm({ headers }: IncomingMessage, body: Buffer): Promise<Script> {
  const type = headers['content-type'] ?? ''
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
  const file = form.get('file')
  return scriptIn(file instanceof File ? await file.text() : '')
}

function scriptIn(image: string): Script {
  try {
    return JSON.parse(image) as Script
  } catch {
    return OTHER_IMAGES
  }
}

async function crowd(response: ServerResponse, script: Script): Promise<void> {
  if (script.crowd === 'drop') return void response.destroy()
  const { status = 200, body, delay_ms = 0 } = script.crowd ?? {}
  await sleep(Math.min(delay_ms, MAX_DELAY_MS))
  send(response, status, body ?? JSON.stringify({ sahi_count: script.sahi_count ?? 0 }))
}

interface EstimateRequest {
  readonly contents: readonly { readonly parts: readonly { readonly inline_data?: { readonly data: string } }[] }[]
}

function estimate(response: ServerResponse, body: Buffer): void {
  const { contents } = JSON.parse(body.toString()) as EstimateRequest
  const data = contents[0]?.parts.find((part) => part.inline_data)?.inline_data?.data ?? ''
  const script = scriptIn(Buffer.from(data, 'base64').toString())
  const text = script.gemini_text ?? String(script.gemini_count ?? 0)
  send(response, 200, JSON.stringify({ candidates: [{ content: { parts: [{ text }] } }] }))
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(text)
}
