import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPush } from './push-message.ts'

const data = Buffer.from('{"a":1}')
const envelope = {
  message: {
    data: data.toString('base64'),
    attributes: { tenant: 'acme' },
    messageId: '17',
    publishTime: '2026-11-20T00:00:00.123Z',
  },
  subscription: 'projects/p/subscriptions/s',
}
const expected = {
  data,
  attributes: { tenant: 'acme' },
  messageId: '17',
  publishedAt: Date.UTC(2026, 10, 20, 0, 0, 0, 123) * 1000,
  subscription: 'projects/p/subscriptions/s',
  isWrapped: true,
}
const json = { 'content-type': 'application/json' }
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))

describe('readPush', () => {
  it('reads a wrapped message', () => expect(readPush(json, bytes(envelope))).toEqual(expected))

  it('reads the older spelling', () => {
    const { messageId, publishTime, ...message } = envelope.message
    const old = { ...envelope, message: { ...message, message_id: messageId, publish_time: publishTime } }
    expect(readPush(json, bytes(old))).toEqual(expected)
  })

  it('reads a CloudEvent in binary mode', () => {
    const headers = {
      ...json,
      'ce-id': 'x',
      'ce-specversion': '1.0',
      'ce-type': 'google.cloud.pubsub.topic.v1.messagePublished',
    }
    expect(readPush(headers, bytes(envelope))).toEqual(expected)
  })

  it('reads a CloudEvent in structured mode', () => {
    const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' }
    expect(readPush(headers, bytes({ id: 'x', specversion: '1.0', data: envelope }))).toEqual(expected)
  })

  it('reads an unwrapped message with its metadata in headers', () => {
    const headers = {
      ...json,
      'x-goog-pubsub-message-id': '17',
      'x-goog-pubsub-publish-time': '2026-11-20T00:00:00.123Z',
      'x-goog-pubsub-subscription-name': 'projects/p/subscriptions/s',
      tenant: 'acme',
    }
    expect(readPush(headers, data)).toMatchObject({
      ...expected,
      isWrapped: false,
      attributes: { tenant: 'acme', 'content-type': 'application/json' },
    })
  })

  it('takes a body without any envelope for the payload', () => {
    expect(readPush(json, data)).toMatchObject({ data, messageId: null, publishedAt: null })
  })

  it('says why there is no message, and keeps its id where there is one', () => {
    expect(readPush(json, Buffer.from('{'))).toMatchObject({ reason: 'not_json' })
    expect(readPush(json, Buffer.from([0xff, 0xfe]))).toMatchObject({ reason: 'not_json' })
    expect(readPush({ ...json, 'ce-specversion': '1.0' }, bytes({}))).toMatchObject({ reason: 'not_an_envelope' })
    expect(readPush(json, bytes({ message: { attributes: {}, messageId: '9' } }))).toMatchObject({
      reason: 'no_data',
      messageId: '9',
    })
  })

  it('never throws', () => {
    const headers = fc.dictionary(
      fc.constantFrom('content-type', 'ce-specversion', 'x-goog-pubsub-message-id', 'tenant'),
      fc.string(),
    )
    const body = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
      fc.record({ message: fc.jsonValue(), data: fc.jsonValue() }).map(bytes),
    )
    fc.assert(
      fc.property(headers, body, (h, b) => {
        expect(readPush(h, Buffer.from(b))).toBeDefined()
      }),
    )
  })
})
