// Notifications in the form of each type of channel.
import type { Payload } from '../payload.ts'
import type { Kind, Wording } from './wording.ts'

/** The body of a webhook. */
export function webhookBody(kind: Kind, payload: Payload | undefined, channel: { id: string; name: string }): string {
  if (payload === undefined || kind === 'test')
    return JSON.stringify({ type: 'channel.test', timestamp: payload?.at ?? null, data: { channel } })
  const { at, event, rule, state, flapping } = payload
  return JSON.stringify({ type: `alert.${kind}`, timestamp: at, data: { event, rule, state, flapping } })
}

const SLACK_TEXT = 3_000

/** The body of a Slack message: one attachment. */
export const slackBody = ({ title, message, colour, facts }: Wording, atSeconds: number): string =>
  JSON.stringify({
    attachments: [
      {
        color: colour,
        title: forSlack(title),
        text: forSlack(message),
        fallback: forSlack(`${title}\n${message}`),
        fields: facts.map(([name, value]) => ({ title: name, value: forSlack(value), short: value.length <= 40 })),
        footer: 'Penstock',
        ts: atSeconds,
      },
    ],
  })

/** The three characters that Slack gives a meaning: https://docs.slack.dev/messaging/formatting-message-text#escaping */
const forSlack = (text: string): string =>
  text.slice(0, SLACK_TEXT).toWellFormed().replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const SMS_LENGTH = 160

/** The text of an SMS, at most 160 characters long. */
export function smsText({ badge, facts, title, message }: Wording): string {
  const rule = facts.find(([name]) => name === 'Rule')?.[1]
  const text = rule === undefined ? title : `[${badge}] ${rule}: ${message}`
  return text.length <= SMS_LENGTH
    ? text
    : `${text
        .slice(0, SMS_LENGTH - 1)
        .toWellFormed()
        .replace(/\ufffd$/, '')}…`
}

export const smsBody = (news: Wording, to: string): string => JSON.stringify({ to, text: smsText(news) })

/** An e-mail without its addresses. */
export interface MailBody {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Writes an e-mail. Everything that a tenant wrote is text in it, never markup. */
export function mailBody({ title, message, colour, facts }: Wording, dashboard: string | undefined): MailBody {
  const link = dashboard === undefined ? [] : ['', `View in Dashboard: ${dashboard}`]
  const rows = facts.map(
    ([name, value]) =>
      `<tr><th align="left" style="padding:4px 16px 4px 0;color:#555555">${forHtml(name)}</th><td>${forHtml(value)}</td></tr>`,
  )
  const button =
    dashboard === undefined
      ? ''
      : `<p><a href="${forHtml(dashboard)}" style="color:${colour}">View in Dashboard</a></p>`
  return {
    subject: title,
    text: [title, '', message, '', ...facts.map(([name, value]) => `${name}: ${value}`), ...link, ''].join('\n'),
    html: [
      '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Penstock</title></head>',
      '<body style="font-family:sans-serif">',
      `<h2 style="border-left:8px solid ${colour};padding-left:12px">${forHtml(title)}</h2>`,
      `<p>${forHtml(message)}</p><table>${rows.join('')}</table>${button}`,
      '</body></html>',
      '',
    ].join('\n'),
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const forHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (found) => ENTITIES[found] ?? '')
