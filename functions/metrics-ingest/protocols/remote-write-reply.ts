// Prometheus' answers: it logs the first line of an answer that is not 2xx, retries after 5xx, and drops points after 4xx. Refusals that
// succeed later are therefore 503.
import { Problem, unsupportedType } from '@penstock/shared/base/problem.ts'
import type { Reply } from '@penstock/shared/http/service.ts'
import type { Decoded } from './collector.ts'
import { firstReasons } from './reasons.ts'
import { droppedByPrometheus, transientStatus } from './transient-status.ts'

const REMOTE_WRITE = 'prometheus.writerequest'
const PLAIN = 'text/plain; charset=utf-8'

/** Returns the message that a content type names in its parameter `proto`, in lower case. */
export function messageOf(contentType: string | undefined): string | undefined {
  const parameters = (contentType ?? '').toLowerCase().split(';').slice(1)
  return parameters
    .map((parameter) => /^proto="?([^"]*)"?$/.exec(parameter.trim())?.[1])
    .find((name) => name !== undefined)
}

/** Checks the message type. @throws {Problem} 415 for another one than that of remote write 1.0, which is also the default. */
export function checkRemoteWrite(contentType: string | undefined): void {
  const message = messageOf(contentType) ?? REMOTE_WRITE
  if (message !== REMOTE_WRITE)
    throw new Problem(unsupportedType, 'Only remote write 1.0 is supported. Send prometheus.WriteRequest.')
}

/** Answers 204 when all finite samples are stored, and 400 when some were refused; the others are stored then too. */
export function remoteWriteReply({ rejections, ignored }: Decoded): Reply {
  const headers = { 'penstock-ignored': String(ignored) }
  if (rejections.length === 0) return { status: 204, headers: ignored > 0 ? headers : {} }
  const reasons = firstReasons(rejections, () => '')
  const text = `${rejections.length} samples were rejected, the others were stored: ${reasons}\n`
  return { status: 400, text, type: PLAIN, headers }
}

export function remoteWriteFailure(problem: Problem): Reply {
  return { ...transientStatus(problem, droppedByPrometheus), text: `${problem.detail}\n`, type: PLAIN }
}
