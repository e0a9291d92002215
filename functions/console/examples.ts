// Valid requests of the console.
import type { Examples } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

export const requests: Examples<typeof routes> = {
  document: [() => ({}), () => ({ headers: [['If-None-Match', '"another"']] })],
  reference: [() => ({})],
  referenceStyle: [() => ({})],
  home: [() => ({}), () => ({ headers: [['Accept', 'application/json']] })],
  page: [() => ({})],
  settings: [() => ({})],
  // The names of the files have the hash of their content, so no example can know one.
  asset: [() => ({ parameters: { file: 'main-00000000.js' }, refusal: 404 })],
}
