import { expect, test } from 'vitest'
import { tokenSource } from './token.ts'

test('the environment goes before gcloud', async () => {
  const token = tokenSource({
    env: { GOOGLE_OAUTH_ACCESS_TOKEN: 'given' },
    run: async () => Promise.reject(new Error('not called')),
  })

  expect(await token()).toBe('given')
})

test('gcloud is asked once', async () => {
  const calls: string[] = []
  const token = tokenSource({
    env: {},
    run: async (program, args) => {
      calls.push([program, ...args].join(' '))
      return 'printed\n'
    },
  })

  expect([await token(), await token()]).toEqual(['printed', 'printed'])
  expect(calls).toEqual(['gcloud auth print-access-token --quiet'])
})

test.each([
  ['gcloud is not there', async () => Promise.reject(new Error('spawn gcloud ENOENT'))],
  ['gcloud prints nothing', async () => '\n'],
])('without credentials it says how to get some: %s', async (_, run) => {
  await expect(tokenSource({ env: { GOOGLE_OAUTH_ACCESS_TOKEN: '' }, run })()).rejects.toThrow(
    'no credentials: gcloud auth login, or set GOOGLE_OAUTH_ACCESS_TOKEN',
  )
})
