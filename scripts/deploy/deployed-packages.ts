// Makes package.json and package-lock.json of a deployed function: the few packages outside its bundle, as the project's lock has them.

export interface LockedPackage {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly [field: string]: unknown
}

/** A lock file of version 3: packages by their path under the project's root. */
export interface LockFile {
  readonly lockfileVersion: number
  readonly packages: Readonly<Record<string, LockedPackage>>
}

export interface DeployedPackages {
  readonly manifest: Readonly<Record<string, unknown>>
  readonly lock: LockFile & Readonly<Record<string, unknown>>
}

/**
 * Returns what `npm ci` needs to install `names` and their dependencies, in the versions and with the checksums of the project's lock. It
 * has no addresses, because the installer's configuration decides where packages come from. Keys are sorted and our own version is
 * omitted, so the result changes only when a package does.
 * @throws {Error} when the lock is not of version 3, or lacks a package.
 */
export function deployedPackages(functionName: string, names: readonly string[], lock: LockFile): DeployedPackages {
  if (lock.lockfileVersion !== 3) throw new Error(`package-lock.json has version ${lock.lockfileVersion}, not 3`)
  const dependencies = Object.fromEntries(names.toSorted().map((name) => [name, versionOf(name, lock)]))
  const engines = { node: '24' }
  const places = [...closure(names, lock)].toSorted()
  return {
    manifest: { name: functionName, private: true, type: 'module', main: 'index.js', engines, dependencies },
    lock: {
      name: functionName,
      lockfileVersion: 3,
      requires: true,
      packages: {
        '': { name: functionName, dependencies, engines },
        ...Object.fromEntries(places.map((place) => [place, published(lock.packages[place])])),
      },
    },
  }
}

function versionOf(name: string, lock: LockFile): string {
  const version = lock.packages[placeOf(name, '', lock)]?.version
  if (version === undefined) throw new Error(`package-lock.json has no version of ${name}`)
  return version
}

/** Finds the paths of the packages and of all their dependencies. */
function closure(names: readonly string[], lock: LockFile): ReadonlySet<string> {
  const places = new Set<string>()
  const waiting = names.map((name) => placeOf(name, '', lock))
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (places.has(place)) continue
    places.add(place)
    for (const name of needsOf(lock.packages[place])) waiting.push(placeOf(name, place, lock))
  }
  return places
}

/** Returns the packages that a package needs, without its optional peers. */
export function needsOf(locked: LockedPackage = {}): readonly string[] {
  const peers = Object.keys(locked.peerDependencies ?? {})
  return [
    ...Object.keys(locked.dependencies ?? {}),
    ...Object.keys(locked.optionalDependencies ?? {}),
    ...peers.filter((name) => !locked.peerDependenciesMeta?.[name]?.optional),
  ]
}

/** Finds a package like Node does: next to the package that imports it, then in each folder above. @throws {Error} when there is none. */
export function placeOf(name: string, from: string, lock: LockFile): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (lock.packages[place]) return place
    if (folder === '') throw new Error(`package-lock.json has no ${name}, which ${from || 'a bundle'} needs`)
  }
}

/** Returns an entry in the form that it has in a lock without development packages. */
function published(locked: LockedPackage = {}): LockedPackage {
  const { resolved: _address, dev: _dev, devOptional: _devOptional, ...rest } = locked
  return rest
}
