// A mail server that delivers nothing: it stores what it gets, and shows it on a page, so that a developer sees the e-mails of alerts.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { callbackify } from 'node:util'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { closeServer, listenOnLoopback } from '../listen.ts'
import { createSecretPath, guarded } from '../stand-in.ts'
import { answerMail, type KeptMail } from './mail-page.ts'

export interface MailSink {
  /** For a client: with a user and a password, because another user of the machine could connect. */
  readonly smtpUrl: string
  /** The page; `/messages?to=ADDRESS` below it answers JSON. Its path is secret. */
  readonly url: string
  /** The stored e-mails, the oldest first. */
  readonly mails: readonly KeptMail[]
  /** Closes both servers. Safe to repeat. */
  close(): Promise<void>
}

const USER = 'penstock'
const MAX_BYTES = 1024 * 1024
/** Maximum stored e-mails; the oldest one is dropped. */
const MAX_MAILS = 500

/** Starts the mail server and its page on loopback. E-mails are in memory, and lost with it. */
export async function startMailSink({ clock }: { readonly clock: () => number }): Promise<MailSink> {
  const password = randomBytes(16).toString('hex')
  const mails: KeptMail[] = []
  let count = 0
  const smtp = openSmtp(password, (parsed, to) => {
    mails.push(toKept(parsed, { id: ++count, at: new Date(clock()).toISOString(), to }))
    if (mails.length > MAX_MAILS) mails.shift()
  })
  await new Promise<void>((resolve, reject) => {
    smtp.server.once('error', reject)
    smtp.listen(0, '127.0.0.1', () => resolve())
  })
  const secretPath = createSecretPath()
  const page = createServer(guarded(secretPath, (request, response) => answerMail(mails, request, response)))
  const url = `http://127.0.0.1:${await listenOnLoopback(page, 0)}${secretPath}`
  return {
    smtpUrl: `smtp://${USER}:${password}@127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
    url,
    mails,
    async close() {
      await closeServer(page)
      if (smtp.server.listening)
        await new Promise<void>((resolve) => {
          smtp.close(() => resolve())
        })
    },
  }
}

function openSmtp(password: string, keep: (mail: ParsedMail, to: readonly string[]) => void): SMTPServer {
  const isRight = (given: string): boolean =>
    given.length === password.length && timingSafeEqual(Buffer.from(given), Buffer.from(password))
  const smtp = new SMTPServer({
    banner: 'Penstock delivers nothing',
    // A certificate would be of nobody, and the connection does not leave the machine.
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    size: MAX_BYTES,
    closeTimeout: 1_000,
    onAuth({ username, password: given }, _, done) {
      if (username === USER && isRight(given ?? '')) done(null, { user: username })
      else done(new Error('the user or the password is wrong'))
    },
    onData: (stream, session, done) =>
      callbackify(async () => {
        const mail = await simpleParser(stream)
        if (stream.sizeExceeded) throw new Error(`an e-mail has at most ${MAX_BYTES} bytes`)
        keep(
          mail,
          session.envelope.rcptTo.map(({ address }) => address),
        )
      })((error) => done(error)),
  })
  // A client may break off.
  smtp.on('error', () => {})
  return smtp
}

function toKept(mail: ParsedMail, known: Pick<KeptMail, 'id' | 'at' | 'to'>): KeptMail {
  const lines = mail.headerLines.map(({ key, line }) => [key, line.slice(line.indexOf(':') + 1).trim()] as const)
  return {
    ...known,
    from: mail.from?.text ?? '',
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html || '',
    headers: Object.fromEntries(lines),
  }
}
