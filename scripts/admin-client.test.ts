import { expect, test } from 'vitest'
import { adminDatabase } from './admin-client.ts'

const URL = 'postgres://postgres@10.0.0.3:5432/penstock'
const CA = '-----BEGIN CERTIFICATE-----\n'

test('password and CA come beside the URL, as the admin job has them', () => {
  expect(adminDatabase(URL, { DATABASE_PASSWORD: 'secret', DATABASE_CA: CA, CLOUD_RUN_JOB: 'admin' })).toMatchObject({
    url: URL,
    password: 'secret',
    ca: CA,
    inCloud: true,
  })
})

test('in a Cloud Run job no password goes out without TLS', () => {
  expect(() => adminDatabase(URL, { DATABASE_PASSWORD: 'secret', CLOUD_RUN_JOB: 'admin' })).toThrow(/DATABASE_CA/)
})

test('on a laptop a URL is enough', () => {
  expect(adminDatabase(URL, {})).toMatchObject({ url: URL, ca: undefined, inCloud: false })
})
