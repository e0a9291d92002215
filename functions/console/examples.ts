// Valid requests of the console.
import type { Examples } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

export const requests: Examples<typeof routes> = {
  document: [() => ({}), () => ({ headers: [['If-None-Match', '"another"']] })],
  reference: [() => ({})],
  referenceStyle: [() => ({})],
}
