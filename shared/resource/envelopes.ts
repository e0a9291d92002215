// The forms of a page: an array in an object with its place, as the clients of older systems read them, or a bare array.
import { z } from 'zod'
import { count, listOf } from '../base/wire-schema.ts'

export interface PageFacts {
  readonly total: number
  readonly skip: number
  readonly limit: number
  readonly hasMore: boolean
}

export interface Envelope {
  readonly schema: (item: z.ZodType) => z.ZodType
  /** The page as JSON; `items` is the array as JSON. */
  readonly write: (items: string, facts: PageFacts) => string
}

/** `{ items, total, page, limit, has_more }`; the first page is 1. */
export const numberedPages: Envelope = {
  schema: (item) => z.object({ items: listOf(item), total: count, page: count, limit: count, has_more: z.boolean() }),
  write: (items, { total, skip, limit, hasMore }) =>
    `{"items":${items},"total":${total},"page":${Math.floor(skip / limit) + 1},"limit":${limit},"has_more":${hasMore}}`,
}

/** `{ items, total, skip, limit }` */
export const skippingPages: Envelope = {
  schema: (item) => z.object({ items: listOf(item), total: count, skip: count, limit: count }),
  write: (items, { total, skip, limit }) => `{"items":${items},"total":${total},"skip":${skip},"limit":${limit}}`,
}

/** The rows alone. */
export const bareArray: Envelope = { schema: (item) => listOf(item), write: (items) => items }
