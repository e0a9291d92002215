import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import type { LockFile } from './deployed-packages.ts'
import { placesOf, sbom } from './sbom.ts'

const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8')) as LockFile
const project = { name: 'penstock', version: '0.1.0', lock, bundled: [], installed: placesOf(lock), isDeployed: false }

const small: LockFile = {
  lockfileVersion: 3,
  packages: {
    '': { version: '1.0.0' },
    shared: { version: '1.0.0' },
    'node_modules/@penstock/shared': { link: true },
    'node_modules/@scope/a': {
      version: '1.2.3',
      license: 'MIT',
      integrity: `sha512-${Buffer.alloc(64, 1).toString('base64')}`,
      dependencies: { b: '*' },
    },
    'node_modules/b': { version: '2.0.0', dev: true },
    'node_modules/@scope/a/node_modules/b': { version: '1.0.0', license: 'See LICENSE' },
  },
}

interface Bill {
  readonly components: Record<string, unknown>[]
  readonly dependencies: { readonly ref: string; readonly dependsOn?: string[] }[]
}

/** Returns the violations of CycloneDX 1.6's schema. */
function findingsIn(bill: unknown): unknown {
  const schemas = join(
    dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json')),
    'res/schema',
  )
  const schema = (name: string): object =>
    JSON.parse(readFileSync(join(schemas, `${name}.SNAPSHOT.schema.json`), 'utf8')) as object
  const ajv = new Ajv({ strict: false, allErrors: true })
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs'])
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`)
  ajv.addFormat('iri-reference', /^\S+$/)
  ajv.addFormat('idn-email', /^\S+@\S+$/)
  ajv.addFormat('email', /^\S+@\S+$/)
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\S+$/)
  const validate = ajv.compile(schema('bom-1.6'))
  return validate(bill) ? [] : validate.errors
}

describe('the bill of materials', () => {
  it('of the whole project is a CycloneDX document with every package of the lock file', () => {
    const bill = JSON.parse(sbom(project)) as Bill
    expect(findingsIn(bill)).toEqual([])
    expect(bill.components).toHaveLength(project.installed.length)
    expect(project.installed.length).toBeGreaterThan(400)
    expect(bill.components.filter(({ hashes }) => hashes === undefined)).toEqual([])
    expect(sbom({ ...project, installed: project.installed.toReversed() })).toBe(sbom(project))
  })

  it('is seen to be wrong by the schema where it is', () => {
    const bill = JSON.parse(sbom(project)) as Bill
    expect(findingsIn({ ...bill, components: [{ ...bill.components[0], type: 'gadget' }] })).not.toEqual([])
  })

  it('names versions, package URLs, licences, checksums, and what needs what', () => {
    const bill = JSON.parse(
      sbom({ ...project, lock: small, bundled: ['node_modules/@scope/a'], installed: placesOf(small) }),
    ) as Bill
    expect(findingsIn(bill)).toEqual([])
    expect(bill.components).toMatchObject([
      {
        group: '@scope',
        name: 'a',
        purl: 'pkg:npm/%40scope/a@1.2.3',
        scope: 'required',
        licenses: [{ license: { id: 'MIT' } }],
        hashes: [{ alg: 'SHA-512', content: '01'.repeat(64) }],
        properties: [{ name: 'penstock:part', value: 'bundled' }],
      },
      { name: 'b', version: '1.0.0', scope: 'required', licenses: [{ license: { name: 'See LICENSE' } }] },
      { name: 'b', version: '2.0.0', scope: 'excluded', properties: [{ name: 'penstock:part', value: 'installed' }] },
    ])
    expect(bill.dependencies.find(({ ref }) => ref === 'node_modules/@scope/a@1.2.3')?.dependsOn).toEqual([
      'node_modules/@scope/a/node_modules/b@1.0.0',
    ])
  })
})
