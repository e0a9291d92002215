// Reads answers as they arrive on a connection, as strictly as possible.

export interface Answer {
  readonly status: number
  /** Names in lower case; the values of a repeated name are joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface AnswerReader {
  /**
   * Adds received bytes; returns the answers that they complete. @throws {Error} for anything but a valid HTTP/1.1 answer with our
   * headers.
   */
  take(chunk: Buffer): readonly Answer[]
  /** Returns the bytes of an answer that is incomplete. */
  begun(): number
}

const HEAD_END = '\r\n\r\n'
const MAX_HEAD = 64 * 1024

/** Reads the answers of one connection; interim ones (100) are skipped. An answer to HEAD has no body, whatever length it declares. */
export function answerReader(method: string): AnswerReader {
  let rest: Buffer = Buffer.alloc(0)
  return {
    take(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const answers: Answer[] = []
      for (;;) {
        const next = firstAnswer(rest, method)
        if (!next) return answers
        rest = rest.subarray(next.bytes)
        if (next.answer.status >= 200) answers.push(next.answer)
      }
    },
    begun: () => rest.length,
  }
}

function firstAnswer(bytes: Buffer, method: string): { readonly answer: Answer; readonly bytes: number } | undefined {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) {
    if (bytes.length > MAX_HEAD) throw new Error('the head of an answer has no end')
    return undefined
  }
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(`${first} `) ?? []
  if (status === undefined) throw new Error(`not the first line of an answer: ${JSON.stringify(first.slice(0, 100))}`)
  const headers = headersOf(lines)
  const length = bodyLength(Number(status), headers, method)
  const total = end + HEAD_END.length + length
  if (bytes.length < total) return undefined
  return { answer: { status: Number(status), headers, body: bytes.subarray(total - length, total) }, bytes: total }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) throw new Error(`not a header: ${JSON.stringify(line.slice(0, 100))}`)
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}

function bodyLength(status: number, headers: Readonly<Record<string, string>>, method: string): number {
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return 0
  if (headers['transfer-encoding'] !== undefined) throw new Error('our answers have a length and no chunks')
  const length = headers['content-length']
  if (length === undefined && headers['connection'] === 'close') return 0
  if (length === undefined || !/^\d+$/.test(length)) throw new Error(`a body without a length, status ${status}`)
  return Number(length)
}
