// Compares every answer of the front with the route's contract: status, type, and each field of a JSON body.
import type { InspectedAnswer } from '@penstock/shared/base/answer-inspection.ts'
import type { DocumentedRoute } from '@penstock/shared/base/wire.ts'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { problem } from '../../../scripts/deploy/openapi/components.ts'
import { responsesOf } from '../../../scripts/deploy/openapi/responses.ts'

/** RFC 3339 in UTC with microseconds, as answers write every instant. */
const INSTANT = /^-?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const ajv = new Ajv2020({ strict: false, allErrors: true })
ajv.addFormat('date-time', INSTANT)
ajv.addFormat('date', /^\d{4}-\d\d-\d\d$/)
ajv.addFormat('uuid', UUID)
ajv.addFormat('uri', /^[a-z]+:/)
ajv.addFormat('int64', true)
ajv.addSchema({ $id: 'doc', components: { schemas: { Problem: problem } } })

type Rules = ReadonlyMap<number, ReadonlyMap<string, ValidateFunction | undefined>>
const known = new WeakMap<object, Rules>()

/** The difference between an answer and the route's contract as a sentence; undefined where there is none. */
export function differenceFrom(route: DocumentedRoute, answer: InspectedAnswer): string | undefined {
  const types = rulesOf(route).get(answer.status)
  if (!types) return `the status ${answer.status} is not in its contract`
  if (!answer.body) return undefined
  const [type = ''] = (answer.headers['content-type'] ?? '').split(';')
  if (!types.has(type)) return `${type} with ${answer.status} is not in its contract`
  const validate = types.get(type)
  if (!validate || validate(JSON.parse(answer.body.toString()))) return undefined
  return `the body with ${answer.status} is not as in its contract: ${ajv.errorsText(validate.errors)}`
}

function rulesOf(route: DocumentedRoute): Rules {
  const found = known.get(route)
  if (found) return found
  const made = new Map(
    [...responsesOf(route, true)].map(([status, { content = {} }]) => [
      status,
      new Map(
        Object.entries(content).map(([type, { schema }]) => [
          type,
          type.endsWith('json') ? compile(schema) : undefined,
        ]),
      ),
    ]),
  )
  known.set(route, made)
  return made
}

const compile = (schema: object): ValidateFunction =>
  ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"doc#/components')))
