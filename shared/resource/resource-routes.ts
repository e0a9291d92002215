// The routes of a resource, made from its definition, with their schemas, problems, summaries and audit actions.
import { z } from 'zod'
import {
  changed,
  conflict,
  keyInUse,
  keyReused,
  notFound,
  notYourself,
  type ProblemKind,
  quotaExceeded,
} from '../base/problem.ts'
import { type AnswerForm, type DocumentedRoute, readsOnly, type TenantScope, wholeNumber } from '../base/wire.ts'
import type { Definition, Operation } from './definition.ts'
import { changeOf, createOf, filtersOf, ownerQuery } from './resource-schemas.ts'

/** A route of a resource. Its query and body are validated, and the handlers of resources know their form. */
export type ResourceRoute = DocumentedRoute & { readonly scope: TenantScope }

const MAX_SKIP = 10_000

/** Every route of a resource whose rows have this schema. */
export function routesOf(definition: Definition, row: z.ZodObject): Readonly<Record<Operation, ResourceRoute>> {
  const { title, path, parameter = 'id' } = definition
  const about: About = {
    definition,
    thing: title.toLowerCase(),
    row,
    one: { schema: row, headers: ['ETag'] },
    pathOfOne: `${path}/{${parameter}}`,
  }
  return { ...readingRoutes(about), ...writingRoutes(about) }
}

interface About {
  readonly definition: Definition
  /** The title in a sentence. */
  readonly thing: string
  readonly row: z.ZodObject
  readonly one: AnswerForm
  readonly pathOfOne: string
}

function readingRoutes({ definition, thing, row, one, pathOfOne }: About) {
  const { path, scopes, page, parent, users } = definition
  const reading = { method: 'GET', scope: scopes.read, audit: readsOnly, ...usersOf(users, 'read') } as const
  const paging = {
    skip: wholeNumber(0, MAX_SKIP).default(0),
    limit: wholeNumber(1, page.max).default(page.limit),
    cursor: z.string().optional(),
  }
  return {
    list: {
      ...reading,
      path,
      summary: `List each ${thing} that matches, in pages`,
      query: z.object({ ...parentQuery(definition), ...ownerQuery(definition), ...filtersOf(definition), ...paging }),
      answer: [{ schema: page.envelope.schema(row), headers: ['Link'] }],
      problems: [...(parent ? [notFound] : []), ...refusals(definition)],
    },
    read: {
      ...reading,
      path: pathOfOne,
      summary: `Read one ${thing}`,
      ...ofOwner(definition),
      answer: [one],
      problems: [notFound, ...refusals(definition)],
    },
  } as const satisfies Readonly<Record<string, ResourceRoute>>
}

function writingRoutes({ definition, thing, one, pathOfOne }: About) {
  const { title, path, scopes, parent, created = 201, removed, maxBytes, users } = definition
  const ofUsers = usersOf(users, 'write')
  const writing = { scope: scopes.write, ...ofUsers, ...(maxBytes === undefined ? {} : { maxBytes }) }
  const change = {
    ...writing,
    path: pathOfOne,
    ...ofOwner(definition),
    body: changeOf(definition).meta({ title: `${title}Change` }),
    answer: [one],
    problems: [notFound, changed, conflict, ...refusals(definition)],
    audit: `${definition.table}.update`,
    reads: ['If-Match'],
  } as const
  return {
    create: {
      ...writing,
      method: 'POST',
      path,
      summary: `Create one ${thing}`,
      ...(parent
        ? { query: z.object({ ...parentQuery(definition), ...ownerQuery(definition) }) }
        : ofOwner(definition)),
      body: createOf(definition).meta({ title: `${title}Create` }),
      answer: [{ status: created, ...one }],
      problems: [...(parent ? [notFound] : []), conflict, keyInUse, keyReused, quotaExceeded, ...refusals(definition)],
      audit: `${definition.table}.create`,
      reads: ['Idempotency-Key'],
    },
    put: { ...change, method: 'PUT', summary: `Change the fields of one ${thing} that are sent, like PATCH` },
    patch: { ...change, method: 'PATCH', summary: `Change the fields of one ${thing} that are sent` },
    remove: {
      scope: scopes.write,
      ...ofUsers,
      method: 'DELETE',
      path: pathOfOne,
      ...ofOwner(definition),
      summary: `Delete one ${thing}`,
      answer: removed ? removed.schema : [{ status: 204 }],
      problems: [notFound, changed, ...refusals(definition)],
      audit: `${definition.table}.delete`,
      reads: ['If-Match'],
    },
  } as const satisfies Readonly<Record<string, ResourceRoute>>
}

const usersOf = (users: Definition['users'], way: 'read' | 'write'): Pick<ResourceRoute, 'users'> =>
  users === undefined ? {} : { users: users === true ? true : users[way] }

/** The query of a route that has no other parameters than the owner. */
const ofOwner = (definition: Definition): { readonly query?: z.ZodObject } =>
  definition.owned ? { query: z.object(ownerQuery(definition)) } : {}

const refusals = ({ owned }: Definition): readonly ProblemKind[] => (owned ? [notYourself] : [])

const parentQuery = ({ parent }: Definition): Readonly<Record<string, z.ZodType>> =>
  parent ? { [parent.parameter]: z.string() } : {}
