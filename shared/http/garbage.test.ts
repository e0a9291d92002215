import { describe, expect, it } from 'vitest'
import { garbageCollector } from './garbage.ts'

const MIB = 1024 * 1024

/** Megabytes of text that nobody holds any more. */
function litter(): void {
  const held = Array.from({ length: 60 }, (_, i) =>
    JSON.stringify(Array.from({ length: 20_000 }, () => `☃ ${i} and more of it`)),
  )
  expect(held).toHaveLength(60)
}

describe('the collector of garbage', () => {
  it('gives memory back to the system when the process holds more than it may', () => {
    litter()
    const before = process.memoryUsage()
    garbageCollector(0)()
    const after = process.memoryUsage()
    expect(before.heapTotal - after.heapTotal + before.external - after.external).toBeGreaterThan(20 * MIB)
  })

  it('does nothing while the process holds less', () => {
    const begun = performance.now()
    for (let i = 0; i < 100; i++) garbageCollector(Number.MAX_SAFE_INTEGER)()
    expect(performance.now() - begun).toBeLessThan(100)
  })
})
