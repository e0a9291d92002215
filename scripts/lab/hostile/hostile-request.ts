// Makes the attack's requests from a seed and a number. The same two always give the same request.

import { type Random, seededRandom } from '../random.ts'
import { mutateBytes, mutateText } from './mutations/byte-mutations.ts'
import { type Draft, toBytes } from './mutations/draft.ts'
import { mutateEncoding } from './mutations/encoding-mutations.ts'
import { mutateHeaders } from './mutations/header-mutations.ts'
import { mutateJson } from './mutations/json-mutations.ts'
import { mutateLine } from './mutations/line-mutations.ts'
import { mutateQuery } from './mutations/query-mutations.ts'
import { mutateWire } from './mutations/wire-mutations.ts'
import type { HostileRoute } from './routes.ts'
import type { Seed } from './seeds/seed.ts'
import type { World } from './world.ts'

export interface HostileRequest {
  readonly index: number
  readonly route: string
  readonly functionName: string
  /** Changes that were made to the valid request; empty for a valid one. */
  readonly mutations: readonly Mutation[]
  /** The intended method: an answer to HEAD has no body. */
  readonly method: string
  readonly bytes: Buffer
  /**
   * `kept`: well-formed, on a reused connection, with exactly one answer. `finished`: on a connection of its own, whose sending side ends
   * once nothing more arrives. `cut`: the same, without waiting for an answer.
   */
  readonly manner: 'kept' | 'finished' | 'cut'
  /** The expected status of the unchanged request, when it is not a success. */
  readonly refusal?: number | undefined
  /** True when its answer may take long, because runs of a job wait for each other. */
  readonly slow: boolean
}

export type Mutation = 'json' | 'text' | 'bytes' | 'encoding' | 'query' | 'headers' | 'line' | 'wire'

const ofBodies: readonly Mutation[] = [
  'json',
  'json',
  'json',
  'text',
  'text',
  'bytes',
  'encoding',
  'headers',
  'headers',
  'query',
  'line',
  'wire',
]
const ofQueries: readonly Mutation[] = [
  'query',
  'query',
  'query',
  'query',
  'query',
  'headers',
  'headers',
  'line',
  'wire',
]

/** Returns request number `index` of a run. */
export function hostileRequest(
  seed: string,
  index: number,
  routes: readonly HostileRoute[],
  world: World,
): HostileRequest {
  const random = seededRandom(`${seed} ${index}`)
  const one = random.pick(routes)
  const valid = random.pick(one.seeds)(world, random)
  const choices = one.route.method === 'POST' ? ofBodies : ofQueries
  const mutations = [...new Set(Array.from({ length: random.pick([1, 1, 1, 2, 2, 3]) }, () => random.pick(choices)))]
  return assemble({ index, one, valid, mutations }, random, world)
}

/** Methods whose requests have a body. */
const BODIED: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** Returns a valid request, unchanged. */
export function validRequest(one: HostileRoute, valid: Seed, world: World): HostileRequest {
  return assemble({ index: -1, one, valid, mutations: [] }, seededRandom('valid'), world)
}

interface Plan {
  readonly index: number
  readonly one: HostileRoute
  readonly valid: Seed
  readonly mutations: readonly Mutation[]
}

function assemble({ index, one, valid, mutations }: Plan, random: Random, world: World): HostileRequest {
  const has = (mutation: Mutation): boolean => mutations.includes(mutation)
  let draft: Draft = {
    method: one.route.method,
    path: valid.path ?? one.route.path,
    query: valid.query ?? [],
    headers: valid.headers,
    body: BODIED.has(one.route.method) ? bodyOf(valid, mutations, random) : undefined,
    chunked: false,
  }
  if (has('encoding')) draft = mutateEncoding(draft, random)
  if (has('query')) draft = mutateQuery(draft, random)
  if (has('headers')) draft = mutateHeaders(draft, random, world)
  if (has('line')) draft = mutateLine(draft, random)
  const wire = has('wire') ? mutateWire(draft, random) : ({ bytes: toBytes(draft), manner: 'kept' } as const)
  const slow = one.route.scope === 'operate'
  const { refusal } = valid
  const { name: route, functionName } = one
  return { index, route, functionName, mutations, method: draft.method, slow, refusal, ...wire }
}

/** Returns the body's bytes. When one message is inside another, either the inner or the outer one is changed. */
function bodyOf(valid: Seed, mutations: readonly Mutation[], random: Random): Buffer {
  if (valid.bytes !== undefined) return changed(valid.bytes, mutations, random)
  if (valid.json === undefined) return Buffer.alloc(0)
  const inside = valid.wrap === undefined || random.chance(0.6)
  const data = written(valid.json, inside ? mutations : [], random)
  return valid.wrap === undefined ? data : written(valid.wrap(data), inside ? [] : mutations, random)
}

function written(json: unknown, mutations: readonly Mutation[], random: Random): Buffer {
  const value = mutations.includes('json') ? mutateJson(json, random) : json
  const others = mutations.filter((mutation) => mutation !== 'json')
  return changed(Buffer.from(JSON.stringify(value) ?? ''), others, random)
}

function changed(body: Buffer, mutations: readonly Mutation[], random: Random): Buffer {
  const text = mutations.includes('text') ? mutateText(body, random) : body
  // A body that is not JSON has no known structure, so its bytes are changed instead.
  const isChanged = mutations.includes('bytes') || mutations.includes('json')
  return isChanged ? mutateBytes(text, random) : text
}
