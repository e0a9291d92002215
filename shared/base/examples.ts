// Valid requests and rows of a slice, as data. A slice declares them in its examples.ts; the tests of isolation and of bundles, the hostile
// requests, and the measurements of cold starts are made from them.
import { formatTimestamp } from './time.ts'
import type { Routes } from './wire.ts'

/** The facts of a target on which a valid request depends. */
export interface ExampleWorld {
  /** Name of the tenant that the requests belong to. */
  readonly tenant: string
  /** First instant of a live month, in milliseconds since 1970. */
  readonly monthMs: number
  /** A text that is used as a secret which a producer sends by mistake. No log may contain it. */
  readonly planted: string
  /** Cursors that continue a page, by key of the route. */
  readonly cursors: Readonly<Record<string, string>>
}

/** A seeded source of random numbers. The same seed produces the same requests. */
export interface ExampleChance {
  /** Returns a whole number from 0 up to `count`, exclusive. */
  below(count: number): number
  pick<T>(list: readonly T[]): T
}

type ExamplePairs = readonly (readonly [name: string, value: string])[]

/** The parts of a valid request that the contract does not state. */
export interface Example {
  /** Values of the path's parameters. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Names and values as in the URL, with their escapes. */
  readonly query?: ExamplePairs
  /** Headers in addition to those of the credential and, with `json`, of the content type. */
  readonly headers?: ExamplePairs
  /** The form of the credential. Default: `key` for a GET, else `bearer`. `service`: an ID token of a Google service account. */
  readonly credential?: 'key' | 'bearer' | 'token' | 'basic' | 'service'
  /** The body as JSON; without it and `bytes`, the request has no body. */
  readonly json?: unknown
  readonly bytes?: Uint8Array
  /** Wraps the body's bytes in another message. */
  readonly wrap?: (data: Uint8Array) => unknown
  /** The expected status, when it is not a success. */
  readonly refusal?: number
}

export type MakeExample = (world: ExampleWorld, chance: ExampleChance) => Example

/** Valid requests for each route of a contract. */
export type Examples<R extends Routes> = { readonly [K in keyof R]: readonly [MakeExample, ...MakeExample[]] }

/** Rows by table, without the column of the tenant. A value is as in JSON; PostgreSQL reads it as text of the column's type. */
export type ExampleRows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>

/** Rows for one of several tenants: `n` is the tenant's number, for keys that are unique over all tenants. */
export type MakeRows = (n: number, world: Pick<ExampleWorld, 'monthMs'>) => ExampleRows

/** Makes the example of a run that Cloud Scheduler starts. */
export const scheduledAt =
  (job: string): MakeExample =>
  ({ monthMs }, chance) => ({
    credential: 'service',
    headers: [
      ['X-CloudScheduler', 'true'],
      ['X-CloudScheduler-JobName', job],
      ['X-CloudScheduler-ScheduleTime', formatTimestamp((monthMs + chance.below(1_000) * 300_000) * 1_000)],
    ],
    json: {},
  })
