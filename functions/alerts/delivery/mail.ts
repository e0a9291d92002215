// Sends e-mail by SMTP, over one connection for each run. The library is loaded with the first e-mail.
import { answerWithin } from '@penstock/shared/base/timeout.ts'
import type { MailBody } from './forms.ts'
import { failureOf, type Outcome } from './outcome.ts'

export interface MailSettings {
  /** `smtps://user:password@host:465`, or `smtp://…:587` for a connection that is upgraded. */
  readonly url: string
  readonly from: string
  /** Refuses a connection that cannot be encrypted. */
  readonly requiresTls: boolean
}

export interface Mailer {
  /** Sends an e-mail; `id` is a part of its Message-ID. Never throws. */
  send(mail: MailBody & { readonly to: string; readonly id: string }): Promise<Outcome>
  /** Ends the connection, unless another run is sending. Safe to repeat; the next e-mail opens another one. */
  close(): void
}

interface Transport {
  sendMail(mail: object): Promise<unknown>
  close(): void
}

const STEP_MS = 10_000
/** Limit on an e-mail as a whole: it is shorter than the lease of a notification. */
const SEND_MS = 20_000
const PERMANENT = 500

/** Opens a mailer; nothing is loaded or connected before the first e-mail. */
export function openMailer(settings: MailSettings): Mailer {
  let opened: Promise<Transport> | undefined
  let sending = 0
  return {
    async send({ to, id, subject, text, html }) {
      sending++
      try {
        opened ??= openTransport(settings)
        const transport = await opened
        const mail = {
          from: settings.from,
          to: { name: '', address: to },
          subject,
          text,
          html,
          messageId: `<${id}@penstock>`,
          headers: { 'X-Penstock-Notification': id, 'Auto-Submitted': 'auto-generated' },
        }
        await answerWithin(SEND_MS, transport.sendMail(mail), 'answer of the mail server')
        return { kind: 'sent' }
      } catch (error) {
        return outcomeOfMail(error)
      } finally {
        sending--
      }
    },
    close() {
      if (sending > 0) return
      opened?.then(
        (transport) => transport.close(),
        () => {},
      )
      opened = undefined
    },
  }
}

async function openTransport({ url, requiresTls }: MailSettings): Promise<Transport> {
  const { createTransport } = await import('nodemailer')
  const { protocol, hostname, port, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  return createTransport({
    host: hostname,
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: requiresTls,
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    pool: true,
    maxConnections: 1,
    connectionTimeout: STEP_MS,
    greetingTimeout: STEP_MS,
    socketTimeout: STEP_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

/** A mailbox that the server refuses for good is not tried again; everything else may pass. */
function outcomeOfMail(error: unknown): Outcome {
  const { responseCode, command } = error as { readonly responseCode?: unknown; readonly command?: unknown }
  if (typeof responseCode !== 'number') return failureOf(error)
  const text = `The mail server answered ${responseCode}.`
  return { kind: responseCode >= PERMANENT && command === 'RCPT TO' ? 'failed' : 'failed_attempt', error: text }
}
