import { archiveConfig, type Environment, parseEnvironment } from '@penstock/shared/config/config.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { settings } from './config.ts'

const loadConfig = (environment: Environment) => parseEnvironment(z.object(settings), environment)

const environment = {
  CURSOR_KEY: 'aB'.repeat(32),
  POINT_ID_KEY: 'cD'.repeat(16),
  ARCHIVE_BUCKET: 'archive',
}

describe('the settings', () => {
  it('hold the key that signs cursors', () => {
    expect(loadConfig(environment).CURSOR_KEY).toEqual(Buffer.alloc(32, 0xab))
  })

  it('hold the key of point ids, which is 16 bytes', () => {
    expect(loadConfig(environment).POINT_ID_KEY).toEqual(Buffer.alloc(16, 0xcd))
    for (const key of [undefined, '', 'ab'.repeat(15), 'ab'.repeat(17), 'xy'.repeat(16)])
      expect(() => loadConfig({ ...environment, POINT_ID_KEY: key })).toThrow(/POINT_ID_KEY/)
  })

  it('name the archive', () => {
    expect(archiveConfig(loadConfig(environment))).toEqual({ bucket: 'archive', endpoint: undefined })
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
