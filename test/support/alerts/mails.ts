// The mail server of the local suite, for tests.
import { type MailSink, startMailSink } from '../../../scripts/local/mail/mail-sink.ts'

export type TestMails = MailSink

export const openMails = async (): Promise<TestMails> => await startMailSink({ clock: Date.now })
