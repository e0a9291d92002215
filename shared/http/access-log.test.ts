import type { IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { logger } from '../base/logger.ts'
import { accessLog } from './access-log.ts'

const lines: { readonly event: string; readonly unlogged: unknown }[] = []

beforeEach(() => {
  lines.length = 0
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(logger, level).mockImplementation((...[fields, event]: unknown[]) => {
      lines.push({ event: String(event), unlogged: (fields as { unlogged?: number }).unlogged })
    })
})
afterEach(() => void vi.restoreAllMocks())

/** A log whose clock the test sets. */
function openLog() {
  const clock = { ms: 1_700_000_000_000 }
  const log = accessLog({ limits: { slowMs: 1_000, sampled: 0 }, random: () => 1, clock: () => clock.ms })
  const request = { method: 'GET', url: '/things', headers: {}, socket: {} } as unknown as IncomingMessage
  const served = { request, bytes: 0, ms: 1, route: '/things', caller: undefined, problem: undefined }
  return { clock, answer: (status: number, caller?: string) => log({ ...served, status, caller }) }
}

describe('the log of requests', () => {
  it('has ten refusals of unknown callers a second, and tells how many more there were', () => {
    const { clock, answer } = openLog()
    for (let i = 0; i < 1_000; i++) answer(401)
    expect(lines).toEqual(Array.from({ length: 10 }, () => ({ event: 'request.refused', unlogged: undefined })))
    clock.ms += 1_000
    for (let i = 0; i < 2; i++) answer(429)
    expect(lines.slice(10).map(({ unlogged }) => unlogged)).toEqual([990, undefined])
  })

  it('has every refusal of a known caller and every failure, also while unknown callers are refused', () => {
    const { answer } = openLog()
    for (let i = 0; i < 100; i++) answer(401)
    for (let i = 0; i < 20; i++) answer(422, 'acme')
    for (let i = 0; i < 20; i++) answer(500)
    const count = (event: string) => lines.filter((line) => line.event === event).length
    expect([count('request.refused'), count('request.failed')]).toEqual([30, 20])
    expect(lines.every(({ unlogged }) => unlogged === undefined)).toBe(true)
  })
})
