// The files of the console, made from the API document that is part of the function.
import type { Handlers } from '@penstock/shared/http/service.ts'
import { type routes, STYLESHEET } from './contract.ts'
import type { ApiDocument } from './document.ts'
import { fileReply } from './files.ts'
import { referencePage } from './reference-page.ts'
import { style } from './style.ts'

/** Returns the handler of each route. */
export function handlersOf(document: ApiDocument): Handlers<typeof routes> {
  return {
    document: fileReply({ type: 'application/json', text: () => JSON.stringify(document) }),
    reference: fileReply({
      type: 'text/html; charset=utf-8',
      isPage: true,
      text: () => referencePage(document, STYLESHEET),
    }),
    referenceStyle: fileReply({ type: 'text/css; charset=utf-8', text: () => style }),
  }
}
