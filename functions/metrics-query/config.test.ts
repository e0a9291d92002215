import { describe, expect, it } from 'vitest'
import { loadConfig } from './config.ts'

const environment = {
  DATABASE_URL: 'postgres://u:p@127.0.0.1/d',
  CURSOR_KEY: 'aB'.repeat(32),
  ARCHIVE_BUCKET: 'archive',
}

describe('the settings', () => {
  it('hold the key that signs cursors', () => {
    expect(loadConfig(environment).cursorKey).toEqual(Buffer.alloc(32, 0xab))
  })

  it('name the archive', () => {
    expect(loadConfig(environment).archive).toEqual({ bucket: 'archive', endpoint: undefined })
    expect(() => loadConfig({ ...environment, ARCHIVE_BUCKET: undefined })).toThrow(/ARCHIVE_BUCKET/)
  })

  it.each([undefined, '', 'ab'.repeat(31), `${'ab'.repeat(31)}a`, 'xy'.repeat(32), `${'ab'.repeat(32)}a`])(
    'refuse %j as that key, without showing it',
    (key) => {
      const load = () => loadConfig({ ...environment, CURSOR_KEY: key })
      expect(load).toThrow(/CURSOR_KEY/)
      if (key) expect(load).not.toThrow(key)
    },
  )
})
