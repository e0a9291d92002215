import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { channelKeyFile } from '../../test/support/alerts/channel-keys.ts'
import { openSlice } from '../../test/support/http/open-slice.ts'
import slice from './index.ts'

const PATH = '/api/v1/monitoring/alerts'
const rule = {
  name: 'High CPU Alert',
  service_name: 'web',
  metric_type: 'cpu_usage',
  threshold_type: 'absolute',
  threshold_value: 85,
  comparison_operator: '>',
  severity: 'critical',
}

let alerts: Awaited<ReturnType<typeof openSlice>>
beforeAll(async () => {
  alerts = await openSlice('alerts', slice, { CHANNEL_KEY_FILE: channelKeyFile })
})
afterAll(async () => await alerts.close())

async function ask(method: string, path: string, json?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${alerts.url}${PATH}${path}`, {
    method,
    headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    json: text === '' ? undefined : JSON.parse(text),
  }
}

describe('a rule', () => {
  it('is answered as it was sent, with its defaults, and can be changed and deleted', async () => {
    const made = await ask('POST', '', rule)
    expect(made).toMatchObject({
      status: 201,
      etag: '"1"',
      json: {
        ...rule,
        evaluation_window_seconds: 300,
        notification_channels: [],
        suppression_start: null,
        enabled: true,
      },
    })
    const path = `/${made.json.id}`
    expect(await ask('GET', path)).toMatchObject({ status: 200, json: made.json })
    expect(await ask('GET', path, undefined, { 'if-none-match': '"1"' })).toMatchObject({ status: 304 })
    const changed = await ask('PATCH', path, { threshold_value: 90, name: null }, { 'if-match': '"1"' })
    expect(changed).toMatchObject({ status: 200, etag: '"2"', json: { name: rule.name, threshold_value: 90 } })
    expect(changed.json.updated_at > changed.json.created_at).toBe(true)
    expect(await ask('PATCH', path, { threshold_value: 91 }, { 'if-match': '"1"' })).toMatchObject({ status: 412 })
    expect(await ask('DELETE', path, undefined, { 'if-match': '"1"' })).toMatchObject({ status: 412 })
    expect(await ask('DELETE', path)).toMatchObject({ status: 204, json: undefined })
    expect(await ask('DELETE', path)).toMatchObject({ status: 404 })
    expect(await ask('GET', path)).toMatchObject({ status: 404 })
    expect(await ask('GET', '/17')).toMatchObject({ status: 404 })
  })

  it('is refused with the field that breaks a rule, also where a change contradicts what is stored', async () => {
    expect(await ask('POST', '', { ...rule, threshold_value: -1 })).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '/threshold_value' }] },
    })
    const unknown = '00000000-0000-4000-8000-000000000000'
    expect(await ask('POST', '', { ...rule, channel_ids: [unknown] })).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '/channel_ids/0' }] },
    })
    const made = await ask('POST', '', { ...rule, suppression_start: '2026-11-20T10:00:00+01:00' })
    expect(made.json.suppression_start).toBe('2026-11-20T09:00:00.000000Z')
    expect(await ask('PATCH', `/${made.json.id}`, { suppression_end: '2026-11-20T09:00:00' })).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '/suppression_end' }] },
    })
    expect(await ask('PATCH', `/${made.json.id}`, { recover_value: 86 })).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '/recover_value' }] },
    })
  })

  it('is listed by pages and filters, newest first', async () => {
    for (const [i, severity] of ['info', 'warning', 'info'].entries())
      await ask('POST', '', { ...rule, service_name: 'listed', name: `rule ${i}`, severity, enabled: i > 0 })
    const names = async (query: string) => {
      const { json } = await ask('GET', `?service_name=listed${query}`)
      return [json.total, ...json.alerts.map(({ name }: { name: string }) => name)]
    }
    expect(await names('')).toEqual([3, 'rule 2', 'rule 1', 'rule 0'])
    expect(await names('&page=2&page_size=2')).toEqual([3, 'rule 0'])
    expect(await names('&page=9')).toEqual([3])
    expect(await names('&enabled=false')).toEqual([1, 'rule 0'])
    expect(await names('&severity=info')).toEqual([2, 'rule 2', 'rule 0'])
    for (const query of ['page=0', 'page_size=101', 'enabled=perhaps', 'severity=fatal'])
      expect(await ask('GET', `?${query}`)).toMatchObject({ status: 422 })
  })
})

describe('the history', () => {
  it('counts events by service, type and day, and repeats its period as it was sent', async () => {
    const { json: made } = await ask('POST', '', { ...rule, service_name: 'counted' })
    await alerts.database.query(
      `insert into alert_event (tenant_id, rule_id, triggered_at, resolved_at, severity, metric_value, threshold_value, message, resolution_method)
       select tenant_id, id, '2026-11-20 10:00+00'::timestamptz + i * interval '1 day', case when i < 3 then '2026-11-20 10:15+00'::timestamptz + i * interval '1 day' end,
         (array['info', 'warning', 'critical', 'critical'])[i + 1], 90 + i, 85, 'm', case when i < 3 then 'auto' end
       from alert_rule, generate_series(0, 3) i where id = $1`,
      [made.id],
    )
    const period = 'start_date=2026-11-20T00:00:00.123456&end_date=2026-11-30T00:00:00'
    const { json } = await ask('GET', `/history/analytics?service_name=counted&${period}`)
    const counts = { total_alerts: 4, critical_alerts: 2, warning_alerts: 1, info_alerts: 1 }
    expect(json).toEqual({
      period_start: '2026-11-20T00:00:00.123456',
      period_end: '2026-11-30T00:00:00',
      total_alerts: 4,
      active_alerts: 1,
      resolved_alerts: 3,
      mean_time_to_resolution_minutes: 15,
      alert_frequency_by_service: [{ service_name: 'counted', ...counts, avg_alerts_per_day: 4 / 9 }],
      most_common_alert_types: [
        { metric_type: 'cpu_usage', service_name: 'counted', alert_count: 4, avg_metric_value: 91.5 },
      ],
      alert_trends: ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'].map((date, i) => ({
        date,
        total_alerts: 1,
        critical_alerts: i > 1 ? 1 : 0,
        warning_alerts: i === 1 ? 1 : 0,
        info_alerts: i === 0 ? 1 : 0,
      })),
    })
    const page = await ask('GET', `/history?service_name=counted&resolved=true&start_date=2026-11-21T00:00:00`)
    expect(page.json).toMatchObject({ total: 2, page: 1, page_size: 50 })
    expect(page.json.history.map(({ metric_value }: { metric_value: number }) => metric_value)).toEqual([92, 91])
    expect((await ask('GET', '/history/analytics?service_name=nobody')).json).toMatchObject({
      total_alerts: 0,
      mean_time_to_resolution_minutes: null,
      alert_frequency_by_service: [],
      most_common_alert_types: [],
      alert_trends: [],
    })
  })
})
