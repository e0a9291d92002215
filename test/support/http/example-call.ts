// A slice's example as a call of the client for TypeScript.
import type { Example } from '@penstock/shared/base/examples.ts'

export interface ExampleCall {
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly header: Readonly<Record<string, string>>
  readonly body: unknown
}

/** The request as the client takes it: labels are an object, and everything is decoded. */
export function toCall({ parameters = {}, query = [], headers = [], json, bytes }: Example): ExampleCall {
  const labels = new Map<string, string>()
  const plain = new Map<string, string>()
  for (const [name, value] of query) {
    const [key, text] = [decode(name), decode(value)]
    if (key.startsWith(LABEL)) labels.set(key.slice(LABEL.length), text)
    else plain.set(key, text)
  }
  return {
    path: parameters,
    query: { ...Object.fromEntries(plain), ...(labels.size > 0 ? { labels: Object.fromEntries(labels) } : {}) },
    header: Object.fromEntries(headers),
    body: bytes ?? json,
  }
}

const LABEL = 'labels.'

const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))
