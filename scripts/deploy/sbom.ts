// What a bundle, or the whole project, is made of: a CycloneDX bill of materials, from the lock file.
import { ComponentScope, ComponentType, HashAlgorithm } from '@cyclonedx/cyclonedx-library/Enums'
import {
  Bom,
  Component,
  type License,
  LicenseExpression,
  NamedLicense,
  Property,
  SpdxLicense,
} from '@cyclonedx/cyclonedx-library/Models'
import { JSON as Json, JsonSerializer } from '@cyclonedx/cyclonedx-library/Serialize'
import { isSupportedSpdxId } from '@cyclonedx/cyclonedx-library/SPDX'
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec'
import { type LockedPackage, type LockFile, needsOf, placeOf } from './deployed-packages.ts'

export interface SbomOptions {
  /** The name of what the bill is of. */
  readonly name: string
  readonly version: string
  readonly lock: LockFile
  /** Packages whose code is in the bundle, by their places in the lock file. */
  readonly bundled: readonly string[]
  /** Packages that are installed next to it. */
  readonly installed: readonly string[]
  /** All of it is deployed; else what is for development alone is marked as excluded. */
  readonly isDeployed: boolean
}

/**
 * The bill as JSON: each package with its version, package URL, licence and SHA-512, and what needs what. It has no date and no serial
 * number, so the same lock file gives the same bytes.
 * @throws {Error} for a place that the lock file does not have.
 * @see https://cyclonedx.org/docs/1.6/json/
 */
export function sbom({ name, version, lock, bundled, installed, isDeployed }: SbomOptions): string {
  const subject = new Component(ComponentType.Application, name, { version, bomRef: `${name}@${version}` })
  const components = new Map<string, Component>()
  for (const place of new Set([...bundled, ...installed])) {
    const component = componentOf(place, lock)
    component.scope = scopeOf(lock.packages[place], isDeployed)
    component.properties.add(new Property('penstock:part', bundled.includes(place) ? 'bundled' : 'installed'))
    components.set(place, component)
    subject.dependencies.add(component.bomRef)
  }
  for (const [place, component] of components) {
    for (const needed of needsOf(lock.packages[place])) {
      const found = components.get(placeOrNone(needed, place, lock) ?? '')
      if (found) component.dependencies.add(found.bomRef)
    }
  }
  const bom = new Bom()
  bom.metadata.component = subject
  for (const component of components.values()) bom.components.add(component)
  const serializer = new JsonSerializer(new Json.Normalize.Factory(Spec1dot6))
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`
}

/** All packages of a lock file but our own. */
export const placesOf = (lock: LockFile): readonly string[] =>
  Object.keys(lock.packages).filter(
    (place) => place.includes('node_modules/') && lock.packages[place]?.['link'] !== true,
  )

function componentOf(place: string, lock: LockFile): Component {
  const locked = lock.packages[place]
  if (locked?.version === undefined) throw new Error(`package-lock.json has no version of ${place}`)
  const { version } = locked
  const full = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const [group, name] = full.startsWith('@') ? full.split('/', 2) : [undefined, full]
  // The place, not name and version: a package may be there twice.
  const component = new Component(ComponentType.Library, name ?? full, { version, bomRef: `${place}@${version}` })
  if (group !== undefined) component.group = group
  component.purl = `pkg:npm/${full.replace('@', '%40')}@${encodeURIComponent(version)}`
  if (typeof locked['license'] === 'string') component.licenses.add(licenseOf(locked['license']))
  const sha512 = typeof locked['integrity'] === 'string' ? /sha512-(\S+)/.exec(locked['integrity'])?.[1] : undefined
  if (sha512 !== undefined)
    component.hashes.set(HashAlgorithm['SHA-512'], Buffer.from(sha512, 'base64').toString('hex'))
  return component
}

/** An identifier of SPDX, an expression of such, or what else the package says. */
function licenseOf(text: string): License {
  if (isSupportedSpdxId(text)) return new SpdxLicense(text)
  return /^\(?[\w.+-]+\)? (?:AND|OR|WITH) /.test(text) ? new LicenseExpression(text) : new NamedLicense(text)
}

function scopeOf({ dev, devOptional, optional }: LockedPackage = {}, isDeployed: boolean): ComponentScope {
  if (!isDeployed && (dev === true || devOptional === true)) return ComponentScope.Excluded
  return optional === true ? ComponentScope.Optional : ComponentScope.Required
}

/** An optional package of another platform is in the lock file or not: a bill lists what there is. */
function placeOrNone(name: string, from: string, lock: LockFile): string | undefined {
  try {
    return placeOf(name, from, lock)
  } catch {
    return undefined
  }
}
