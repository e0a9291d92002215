import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepSecrets, keepToOwner, readLocalSuite, removeLocalSuite, writeLocalSuite, writeSecrets } from './state.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-state-test-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('secrets are the same at the next start', () => {
  const first = keepSecrets(['metrics-query'], folder)
  writeSecrets({ ...first, api_key: 'pk_1' }, folder)

  expect(keepSecrets(['metrics-query'], folder)).toEqual({ ...first, api_key: 'pk_1' })
})

test('no two secrets are equal', () => {
  const secrets = keepSecrets(['metrics-query', 'partitions'], folder)

  const all = [
    secrets.postgres_password,
    secrets.cursor_key,
    secrets.key_checksum_key,
    ...Object.values(secrets.function_passwords),
  ]
  expect(new Set(all).size).toBe(5)
  expect(all.every((secret) => /^[0-9a-f]{64}$/.test(secret))).toBe(true)
})

test('a function that is new gets a password, and the others keep theirs', () => {
  const before = keepSecrets(['metrics-query'], folder)
  const after = keepSecrets(['metrics-query', 'partitions'], folder)

  expect(after.function_passwords['metrics-query']).toBe(before.function_passwords['metrics-query'])
  expect(after.function_passwords['partitions']).toMatch(/^[0-9a-f]{64}$/)
})

test('secrets.json and local.json are for their owner alone', () => {
  keepSecrets([], folder)
  writeLocalSuite(suite, folder)

  expect(readdirSync(folder).map((file) => [file, statSync(join(folder, file)).mode & 0o777])).toEqual([
    ['local.json', 0o600],
    ['secrets.json', 0o600],
  ])
})

test('what an earlier release left open to others is closed, but for the way to the database of another user', () => {
  mkdirSync(join(folder, 'storage'), { mode: 0o755 })
  mkdirSync(join(folder, 'postgres'), { mode: 0o700 })
  writeFileSync(join(folder, 'dead-letters.jsonl'), '', { mode: 0o644 })
  chmodSync(folder, 0o755)

  keepToOwner(folder)

  const mode = (...path: string[]) => statSync(join(folder, ...path)).mode & 0o777
  expect([mode(), mode('storage'), mode('dead-letters.jsonl')]).toEqual([
    process.getuid?.() === 0 ? 0o711 : 0o700,
    0o700,
    0o600,
  ])
})

test('a suite is found while it runs and not after', () => {
  expect(readLocalSuite(folder)).toBeUndefined()
  writeLocalSuite(suite, folder)
  expect(readLocalSuite(folder)).toEqual(suite)
  removeLocalSuite(folder)
  removeLocalSuite(folder)
  expect(readLocalSuite(folder)).toBeUndefined()
})

test('a file that is not JSON is named', () => {
  writeFileSync(join(folder, 'secrets.json'), '{"postgres_password":')

  expect(() => keepSecrets([], folder)).toThrow(/secrets\.json/)
})

const suite = {
  base_url: 'http://127.0.0.1:8080',
  console_url: 'http://127.0.0.1:8080/console/#/?local=pk_1',
  api_key: 'pk_a',
  operator_key: 'pk_b',
  database_url: 'postgres://postgres@127.0.0.1/penstock',
  pubsub_url: 'http://127.0.0.1:8085',
  storage_url: 'http://127.0.0.1:4',
  monitoring_url: 'http://127.0.0.1:5',
  sqladmin_url: 'http://127.0.0.1:6',
  mail_url: 'http://127.0.0.1:6',
  user_issuer: 'http://127.0.0.1:4',
  functions: {},
}
