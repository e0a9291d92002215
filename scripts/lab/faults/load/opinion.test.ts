import { expect, it } from 'vitest'
import { seededRandom } from '../../random.ts'
import { type Opinion, opinion } from './opinion.ts'

function opinions(service: string): Opinion[] {
  let value = 0
  const speaker = { random: seededRandom(`1 ${service}`), tenant: { name: 'acme' }, service, nextValue: () => ++value }
  return Array.from({ length: 300 }, () => opinion(speaker))
}

it('wants exactly the fields that it sends, of the row that it names', () => {
  for (const { body, fields, row } of opinions('ann')) {
    expect(row).toBe(['acme', body['insight_id'], body['user_id']].join(' '))
    expect(fields.get(`${row} rating`)).toBe(body['rating'])
    expect(fields.get(`${row} comment`)?.toString()).toBe(body['comment'])
    expect(fields.size).toBe(Object.keys(body).length - 2)
    expect(fields.size).toBeGreaterThan(0)
  }
})

it('speaks for its own user and for one that all clients share', () => {
  const rows = (service: string, isShared: boolean): string[] => [
    ...new Set(opinions(service).flatMap((one) => (one.isShared === isShared ? [one.row] : []))),
  ]
  expect(rows('ann', true).sort()).toEqual(rows('bob', true).sort())
  const rowsOfAnn = [...rows('ann', true), ...rows('ann', false)]
  expect(new Set([...rowsOfAnn, ...rows('bob', false)]).size).toBe(rowsOfAnn.length + 3)
})
