// Makes a CycloneDX bill of materials of a bundle, or of the whole project, from the lock file.
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
  /** The name of the described bundle or project. */
  readonly name: string
  readonly version: string
  readonly lock: LockFile
  /** Packages whose code is in the bundle, by their paths in the lock file. */
  readonly bundled: readonly string[]
  /** Packages that are installed next to it. */
  readonly installed: readonly string[]
  /** True when all packages are deployed; otherwise development packages are marked as excluded. */
  readonly isDeployed: boolean
}

/**
 * Returns the bill as JSON: each package with its version, package URL, licence and SHA-512, and its dependencies. It has no date and no
 * serial number, so the same lock file gives the same bytes.
 * @throws {Error} for a path that the lock file does not have.
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

/** Returns all packages of a lock file except our own. */
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
  // The reference is the path, because a package can occur twice with the same name and version.
  const component = new Component(ComponentType.Library, name ?? full, { version, bomRef: `${place}@${version}` })
  if (group !== undefined) component.group = group
  component.purl = `pkg:npm/${full.replace('@', '%40')}@${encodeURIComponent(version)}`
  if (typeof locked['license'] === 'string') component.licenses.add(licenseOf(locked['license']))
  const sha512 = typeof locked['integrity'] === 'string' ? /sha512-(\S+)/.exec(locked['integrity'])?.[1] : undefined
  if (sha512 !== undefined)
    component.hashes.set(HashAlgorithm['SHA-512'], Buffer.from(sha512, 'base64').toString('hex'))
  return component
}

/** Returns the licence as an SPDX identifier, as an SPDX expression, or as the package's own text. */
function licenseOf(text: string): License {
  if (isSupportedSpdxId(text)) return new SpdxLicense(text)
  return /^\(?[\w.+-]+\)? (?:AND|OR|WITH) /.test(text) ? new LicenseExpression(text) : new NamedLicense(text)
}

function scopeOf({ dev, devOptional, optional }: LockedPackage = {}, isDeployed: boolean): ComponentScope {
  if (!isDeployed && (dev === true || devOptional === true)) return ComponentScope.Excluded
  return optional === true ? ComponentScope.Optional : ComponentScope.Required
}

/** Returns undefined for an optional package that the lock file does not have, for example one of another platform. */
function placeOrNone(name: string, from: string, lock: LockFile): string | undefined {
  try {
    return placeOf(name, from, lock)
  } catch {
    return undefined
  }
}
