import { describe, expect, it } from 'vitest'
import { deployedPackages, type LockFile } from './deployed-packages.ts'

const lock = (packages: LockFile['packages']): LockFile => ({ lockfileVersion: 3, packages })

const project = lock({
  '': { version: '0.1.0', dependencies: { framework: '1.0.0', other: '9.0.0' } },
  'node_modules/framework': {
    version: '1.0.0',
    resolved: 'https://packages.example/framework.tgz',
    integrity: 'sha512-f',
    dependencies: { express: '^5.0.0' },
    optionalDependencies: { fast: '^1.0.0' },
    peerDependencies: { schema: '^8.0.0', absent: '*' },
    peerDependenciesMeta: { absent: { optional: true } },
  },
  'node_modules/express': { version: '5.1.0', integrity: 'sha512-e', dependencies: { debug: '^4.0.0', ms: '^2.0.0' } },
  'node_modules/express/node_modules/debug': { version: '4.4.0', dependencies: { ms: '^2.0.0' } },
  'node_modules/debug': { version: '3.0.0' },
  'node_modules/ms': { version: '2.1.3', dependencies: { express: '*' } },
  'node_modules/fast': { version: '1.0.1', optional: true },
  'node_modules/schema': { version: '8.0.0', dev: true },
  'node_modules/other': { version: '9.0.0' },
})

describe('deployedPackages', () => {
  it('keeps what is asked for and all that it needs, where the project has it', () => {
    const { lock: deployed } = deployedPackages('feedback', ['framework'], project)
    expect(Object.keys(deployed.packages)).toEqual([
      '',
      'node_modules/express',
      'node_modules/express/node_modules/debug',
      'node_modules/fast',
      'node_modules/framework',
      'node_modules/ms',
      'node_modules/schema',
    ])
    expect(deployed.packages['node_modules/express']).toEqual(project.packages['node_modules/express'])
  })

  it('names exact versions, in package.json as in the lock', () => {
    const { manifest, lock: deployed } = deployedPackages('feedback', ['framework'], project)
    expect(manifest).toEqual({
      name: 'feedback',
      private: true,
      type: 'module',
      main: 'index.js',
      engines: { node: '24' },
      dependencies: { framework: '1.0.0' },
    })
    expect(deployed.packages['']).toEqual({
      name: 'feedback',
      dependencies: { framework: '1.0.0' },
      engines: { node: '24' },
    })
  })

  it('leaves out addresses, marks of development, and our own version', () => {
    const { manifest, lock: deployed } = deployedPackages('feedback', ['framework'], project)
    expect(deployed.packages['node_modules/schema']).toEqual({ version: '8.0.0' })
    expect(deployed.packages['node_modules/fast']).toEqual({ version: '1.0.1', optional: true })
    expect(JSON.stringify([manifest, deployed])).not.toMatch(/https|0\.1\.0|"dev"/)
  })

  it('does not change with the order in which packages are named', () => {
    const one = deployedPackages('feedback', ['framework', 'other'], project)
    const two = deployedPackages('feedback', ['other', 'framework'], project)
    expect(JSON.stringify(two)).toBe(JSON.stringify(one))
  })

  it('is empty for a bundle that imports nothing', () => {
    const { manifest, lock: deployed } = deployedPackages('feedback', [], project)
    expect(manifest['dependencies']).toEqual({})
    expect(Object.keys(deployed.packages)).toEqual([''])
  })

  it('refuses a lock that lacks a package, naming who needs it', () => {
    const broken = lock({ 'node_modules/framework': { version: '1.0.0', dependencies: { express: '^5.0.0' } } })
    expect(() => deployedPackages('feedback', ['framework'], broken)).toThrow(
      'package-lock.json has no express, which node_modules/framework needs',
    )
    expect(() => deployedPackages('feedback', ['connector'], broken)).toThrow('has no connector, which a bundle needs')
  })

  it('refuses a lock of another version', () => {
    expect(() => deployedPackages('feedback', [], { lockfileVersion: 2, packages: {} })).toThrow('has version 2, not 3')
  })
})
