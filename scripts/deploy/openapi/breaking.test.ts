import { describe, expect, it } from 'vitest'
import { breakingChanges } from './breaking.ts'

const answer = (schema: object) => ({ responses: { 200: { content: { 'application/json': { schema } } } } })
const request = (schema: object) => ({ requestBody: { content: { 'application/json': { schema } } }, responses: {} })
const documentOf = (operation: object) => ({ paths: { '/a': { post: operation } } })
const changes = (before: object, after: object) => breakingChanges(documentOf(before), documentOf(after))

const fields = (required: readonly string[], properties: object) => ({ type: 'object', required, properties })
const text = { type: 'string' }

describe('a change of the API', () => {
  it('breaks clients when an operation, an answer or a type of an answer is gone', () => {
    expect(breakingChanges(documentOf(answer(text)), { paths: {} })).toEqual(['POST /a: the operation is gone'])
    expect(changes(answer(text), { responses: {} })).toEqual(['POST /a: the answer 200 is gone'])
    expect(changes(answer(text), { responses: { 200: { content: {} } } })).toEqual([
      'POST /a: the answer 200 as application/json is gone',
    ])
  })

  it('breaks those who read a field, a value or a type that is gone', () => {
    expect(changes(answer(fields(['x'], { x: text })), answer(fields([], {})))).toEqual([
      'POST /a: the answer 200 lost the field x',
      'POST /a: the answer 200 may lack the field x',
    ])
    expect(changes(answer({ enum: ['a', 'b'] }), answer({ enum: ['a'] }))).toEqual([
      'POST /a: the answer 200 lost the value b',
    ])
    expect(changes(answer(text), answer({ type: ['string', 'null'] }))).toEqual([
      'POST /a: the answer 200 is string or null, and was string',
    ])
  })

  it('breaks those who send less, or more than is taken now', () => {
    expect(changes(request(fields([], {})), request(fields(['x'], { x: text })))).toEqual([
      'POST /a: the body has to have the field x',
    ])
    expect(changes(request({ ...text, maxLength: 9 }), request({ ...text, maxLength: 8 }))).toEqual([
      'POST /a: the body has the maxLength 8',
    ])
    const parameter = { name: 'p', in: 'query', required: true, schema: text }
    expect(changes({ responses: {} }, { responses: {}, parameters: [parameter] })).toEqual([
      'POST /a: the query p is required',
    ])
    expect(changes({ responses: {}, parameters: [parameter] }, { responses: {} })).toEqual([
      'POST /a: the query p is gone',
    ])
  })

  it('breaks nobody when something is added, or more is taken', () => {
    expect(changes(answer(fields(['x'], { x: text })), answer(fields(['x', 'y'], { x: text, y: text })))).toEqual([])
    expect(changes(request({ ...text, maxLength: 9 }), request({ ...text, maxLength: 10 }))).toEqual([])
    expect(changes(request(fields(['x'], { x: text })), request(fields([], { x: text, y: text })))).toEqual([])
    expect(breakingChanges({ paths: {} }, documentOf(answer(text)))).toEqual([])
  })

  it('is found behind references', () => {
    const referring = (schema: object) => ({
      ...documentOf(answer({ $ref: '#/components/schemas/X' })),
      components: { schemas: { X: schema } },
    })
    expect(breakingChanges(referring(fields([], { x: text })), referring(fields([], {})))).toEqual([
      'POST /a: the answer 200 lost the field x',
    ])
  })
})
