import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { makeSecret } from '../channels/configuration.ts'
import type { Payload } from '../payload.ts'
import { mailBody, slackBody, smsText, webhookBody } from './forms.ts'
import { signedHeaders } from './signature.ts'
import { wordingOf } from './wording.ts'

const event = {
  id: '0a333333-0000-4000-8000-000000000003',
  alert_config_id: '0a111111-0000-4000-8000-000000000001',
  group: null,
  triggered_at: '2026-11-20T10:00:00.000000Z',
  resolved_at: null,
  severity: 'critical',
  metric_value: 81,
  threshold_value: 80,
  message: 'pump <1> - pressure: 81.00 > 80.00',
  notification_sent: false,
  notification_channels: [],
  resolution_method: null,
  resolved_by: null,
  comment: null,
} as const

const payload = (more: Partial<Payload> = {}): Payload => ({
  at: '2026-11-20T10:00:00.000000Z',
  event,
  flapping: false,
  state: 'firing',
  rule: {
    id: event.alert_config_id,
    name: 'Too <b>high</b> & "loud"\r\nBcc: x@example.com',
    service_name: 'pump <1>',
    metric_type: 'pressure',
    threshold_type: 'absolute',
    threshold_value: 80,
    comparison_operator: '>',
    severity: 'critical',
  },
  ...more,
})
const resolved = payload({
  event: { ...event, resolved_at: '2026-11-20T10:12:00.000000Z', resolution_method: 'auto' },
  state: 'normal',
})

describe('an e-mail', () => {
  const mail = mailBody(wordingOf('triggered', payload(), 'ops'), 'https://penstock.example/?a=1&b=2')

  it('has what a tenant wrote as text, in one line of the subject and escaped in the HTML', () => {
    expect(mail.subject).toBe('[CRITICAL] Too <b>high</b> & "loud" Bcc: x@example.com: pump <1> pressure')
    expect(mail.html).toContain('Too &lt;b&gt;high&lt;/b&gt; &amp; &quot;loud&quot; Bcc: x@example.com')
    expect(mail.html).not.toMatch(/<b>|pump <1>/)
    expect(mail.html).toMatch(/#ff0000[\s\S]*href="https:\/\/penstock.example\/\?a=1&amp;b=2"[^>]*>View in Dashboard/)
    expect(mail.text).toMatch(/Current Value: 81.00\nThreshold: > 80.00[\s\S]*View in Dashboard: https:/)
  })

  it('says that it is over, and how long it lasted', () => {
    const over = mailBody(wordingOf('resolved', resolved, 'ops'), undefined)
    expect(over.subject).toMatch(/^\[RESOLVED\] /)
    expect(over.text).toMatch(/^RESOLVED: pump <1>/m)
    expect(over.text).toMatch(/^Duration: 12 min$/m)
    expect(over.html).toContain('#36a64f')
    expect(over.html).not.toContain('View in Dashboard')
  })
})

describe('a Slack message', () => {
  it('is one attachment, in which a tenant can address nobody', () => {
    const { attachments } = JSON.parse(slackBody(wordingOf('triggered', payload(), 'ops'), 1_700_000_000))
    expect(attachments).toHaveLength(1)
    expect(attachments[0]).toMatchObject({ color: '#ff0000', footer: 'Penstock', ts: 1_700_000_000 })
    expect(attachments[0].text).toBe('pump &lt;1&gt; - pressure: 81.00 &gt; 80.00')
    const titles = attachments[0].fields.map(({ title }: { title: string }) => title)
    expect(titles).toEqual(expect.arrayContaining(['Service', 'Metric', 'Current Value', 'Threshold']))
    const shout = payload()
    const text = slackBody(wordingOf('triggered', { ...shout, rule: { ...shout.rule, name: '<!channel>' } }, 'ops'), 0)
    expect(text).not.toContain('<!channel>')
  })
})

describe('an SMS', () => {
  it('has at most 160 characters, and no half of one', () => {
    const long = (name: string) => {
      const { rule, ...rest } = payload()
      return smsText(wordingOf('triggered', { ...rest, rule: { ...rule, name } }, 'ops'))
    }
    expect(long('Hot')).toBe('[CRITICAL] Hot: pump <1> - pressure: 81.00 > 80.00')
    for (const length of [140, 141, 142, 143, 200]) {
      const text = long('a'.repeat(length - 1) + '🔥'.repeat(100))
      expect(text.length).toBeLessThanOrEqual(160)
      expect(text.isWellFormed()).toBe(true)
      expect(text).toMatch(/…$/)
    }
  })
})

describe('the news', () => {
  it.each([
    ['repeated', payload(), '[CRITICAL]', /^Still open: /, '#ff0000'],
    ['flapping', payload({ flapping: true }), '[FLAPPING]', /opened five events within an hour/, '#ff0000'],
    ['flapping', payload({ state: 'normal' }), '[RESOLVED]', /steady again, and back in range/, '#36a64f'],
    ['flapping', payload({ state: 'firing' }), '[STEADY]', /steady again, and its event is open/, '#ff0000'],
    ['test', payload(), '[TEST]', /The channel works/, '#36a64f'],
  ] as const)('of %s have a badge, a message and a colour', (kind, content, badge, message, colour) => {
    const news = wordingOf(kind, content, 'ops')
    expect(news.title.startsWith(badge)).toBe(true)
    expect(news.message).toMatch(message)
    expect(news.colour).toBe(colour)
  })

  it('say "no data" for an event without a value', () => {
    const { facts } = wordingOf('triggered', payload({ event: { ...event, metric_value: null } }), 'ops')
    expect(facts).toContainEqual(['Current Value', 'no data'])
  })
})

describe('a webhook', () => {
  const body = webhookBody('triggered', payload(), { id: 'c', name: 'ops' })
  const timestamp = Math.floor(Date.now() / 1_000)

  it('is verified by the library of its receivers, with either secret during a rotation', () => {
    const secrets = [makeSecret(() => 'a'), makeSecret(() => 'b')]
    const headers = signedHeaders(secrets, { id: 'n', timestamp, body })
    for (const secret of secrets)
      expect(new Webhook(secret).verify(body, headers)).toMatchObject({
        type: 'alert.triggered',
        data: { event: { metric_value: 81 }, rule: { id: event.alert_config_id } },
      })
    expect(() => new Webhook(makeSecret(() => 'c')).verify(body, headers)).toThrow()
    expect(() => new Webhook(secrets[0] ?? '').verify(`${body} `, headers)).toThrow()
    expect(() => new Webhook(secrets[0] ?? '').verify(body, { ...headers, 'webhook-id': 'm' })).toThrow()
  })
})
