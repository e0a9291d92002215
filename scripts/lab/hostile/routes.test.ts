import { readdirSync } from 'node:fs'
import type { Routes } from '@penstock/shared/base/wire.ts'
import { describe, expect, it } from 'vitest'
import { type HostileRoute, readHostileRoutes } from './routes.ts'
import { foreignRoutes, seeds } from './seeds/seeds.ts'

const names = (routes: readonly HostileRoute[]): string[] => routes.map(({ name }) => name).sort()

/** Lists of routes by function, from the folders themselves and not from the budget: what the one forgets, the other shows. */
async function declared(): Promise<string[]> {
  const found: string[] = []
  for (const slice of readdirSync('functions')) {
    const contract = (await import(`../../../functions/${slice}/contract.ts`)) as Readonly<Record<string, Routes>>
    for (const [suffix, exported] of [
      ['', 'routes'],
      ['-pubsub', 'pushRoutes'],
    ] as const) {
      found.push(...Object.keys(contract[exported] ?? {}).map((key) => `${slice}${suffix}.${key}`))
    }
  }
  return found.sort()
}

describe('the routes that are attacked', () => {
  it('are all of every contract', async () => {
    expect(names(await readHostileRoutes())).toEqual(await declared())
  })

  it('cannot be without a valid request to begin with', async () => {
    const { 'metrics-query.range': _, ...others } = seeds
    await expect(readHostileRoutes(others)).rejects.toThrow('no valid request to begin with, for: metrics-query.range')
  })

  it('do not outlive their contract', async () => {
    const gone = { ...seeds, 'metrics-query.gone': [() => ({ headers: [] })] }
    await expect(readHostileRoutes(gone)).rejects.toThrow('there is no such route any more: metrics-query.gone')
  })

  it('are there where refusals are said to have a form of their own', async () => {
    expect(names(await readHostileRoutes())).toEqual(expect.arrayContaining([...foreignRoutes]))
  })
})
