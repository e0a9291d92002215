// A slice as its index.ts defines it: routes, settings, what it needs from the platform, and how its handlers are made.
import type { z } from 'zod'
import type { IssuedApiKey } from '../auth/api-key.ts'
import type { TakePoints } from '../auth/quota.ts'
import type { Clock } from '../base/time.ts'
import type { Routes } from '../base/wire.ts'
import type { Cache } from '../cache/cache.ts'
import type { Tier } from '../config/tier.ts'
import type { PenstockDatabase } from '../database/database.ts'
import type { ReadSalt } from '../database/login-salt.ts'
import type { AsOwner } from '../database/owner-connection.ts'
import type { OnCopy } from '../database/restored-copy.ts'
import type { Handlers, Service } from '../http/service.ts'
import type { UsageCounter } from '../report/usage.ts'

/** The resources that a slice needs. A deployment gets the largest value that one of its slices needs, and the smallest concurrency. */
export interface Runtime {
  readonly timeout_s: number
  readonly memory_mib: number
  /** Requests that one instance handles at a time. */
  readonly concurrency: number
  /**
   * 2: one of the connections is its own, outside the pool. A slice with 1 never asks for a second connection while it holds one. 0: it has
   * no database, so it cannot identify a caller, and all its routes have the scope `none`.
   */
  readonly connections: 0 | 1 | 2
  /** Sees the rows of every tenant. Such a slice shares a deployment only with its like. */
  readonly maintenance?: boolean
  /** Makes and drops months. */
  readonly months?: boolean
  /** Reads the statistics of the whole server: the role of its deployment is a member of `pg_monitor`. */
  readonly monitor?: boolean
  /** Reads the audit log of every tenant, as a role that it takes for single transactions. */
  readonly auditor?: boolean
  /** Defaults of its sessions in the database, where it needs others than the budget's. */
  readonly session?: Readonly<Record<string, string>>
}

/** Work on a connection outside the pool, one at a time. All but `onCopy` are only for slices that declare two connections. */
export interface OwnConnections {
  readonly asOwner: AsOwner
  /** Reads the salts of logins on connections that never log in. */
  readonly readSalt: ReadSalt
  /** Connects to a restored copy of the database, which is another server. */
  readonly onCopy: OnCopy
}

/** A slice's settings as zod shapes: the names of environment variables, and what each has to be. */
export type SettingsShape = Readonly<Record<string, z.ZodType>>

/** The values of a slice's settings. */
export type SettingsOf<S extends SettingsShape> = z.output<z.ZodObject<S>>

/** The place where the deployment runs. */
export interface Platform {
  readonly tier: Tier
  readonly inCloud: boolean
  readonly project: string | undefined
}

/** The dependencies from which a slice makes its handlers. */
export interface SliceDeps<S extends SettingsShape = SettingsShape> {
  readonly db: PenstockDatabase
  /** The cache of the whole deployment. */
  readonly cache: Cache
  readonly own: OwnConnections
  readonly settings: SettingsOf<S>
  readonly platform: Platform
  readonly now: Clock
  readonly pause: (ms: number) => Promise<void>
  readonly newId: () => string
  /** Makes an API key with the current checksum key. @throws {Problem} 503 where none is configured. */
  readonly newApiKey: () => IssuedApiKey
  /** Takes points of a tenant's limit. @throws {Problem} 429 over the limit. */
  readonly takePoints: TakePoints
  /** Counts what tenants use. */
  readonly usage: UsageCounter
}

/** Routes that are served together, and how their handlers are made. */
interface EntryDefinition<R extends Routes, S extends SettingsShape> {
  readonly routes: R
  readonly open: (deps: SliceDeps<S>) => Handlers<R>
  readonly failure?: Service<R>['failure']
}

export interface SliceDefinition<R extends Routes, S extends SettingsShape, E extends Readonly<Record<string, Routes>>>
  extends EntryDefinition<R, S> {
  readonly name: string
  readonly runtime: Runtime
  readonly settings?: S
  /** It caches answers: the settings of the cache are among its own. */
  readonly cache?: true
  /** Further entries by name. A deployment serves one as `name#entry`. */
  readonly entries?: { readonly [K in keyof E]: EntryDefinition<E[K], S> }
}

/** A slice, or one of its entries, as deployments know it. */
export interface Slice {
  readonly name: string
  readonly runtime: Runtime
  readonly settings: SettingsShape
  readonly cache: boolean
  readonly routes: Routes
  readonly open: (deps: SliceDeps<never>) => Handlers<Routes>
  readonly failure: Service<Routes>['failure']
  readonly entries: Readonly<Record<string, Omit<Slice, 'entries'>>>
}

/** An entry of a slice. */
export type Entry = Omit<Slice, 'entries'>

/** Defines a slice; index.ts exports it as its default. Opens nothing. */
export function defineSlice<
  const R extends Routes,
  S extends SettingsShape = Readonly<Record<never, z.ZodType>>,
  const E extends Readonly<Record<string, Routes>> = Readonly<Record<never, Routes>>,
>(definition: SliceDefinition<R, S, E>): Slice {
  const { name, runtime, settings = {}, cache = false, entries = {} } = definition
  const entryOf = ({ routes, open, failure }: EntryDefinition<Routes, S>, entryName: string): Entry => ({
    name: entryName,
    runtime,
    settings,
    cache,
    routes,
    open: open as Entry['open'],
    failure,
  })
  const others = Object.entries(entries as Readonly<Record<string, EntryDefinition<Routes, S>>>)
  return {
    ...entryOf(definition as unknown as EntryDefinition<Routes, S>, name),
    entries: Object.fromEntries(others.map(([entry, it]) => [entry, entryOf(it, `${name}#${entry}`)])),
  }
}

/** The entry of a slice that has this name. @throws {Error} when it has none. */
export function entryOf({ name, entries }: Slice, entry: string): Entry {
  const found = entries[entry]
  if (!found) throw new Error(`the slice ${name} has no entry ${entry}`)
  return found
}
