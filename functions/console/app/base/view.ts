// The view that the address bar names after the hash: a page and its parameters. Every view is a link.
import { signal } from '@preact/signals'

export type Query = Readonly<Record<string, string>>

export interface View {
  /** `overview`, `explore`, … */
  readonly page: string
  readonly query: Query
}

const FIRST = 'overview'

/** The current view. */
export const view = signal<View>(readView(location.hash))

addEventListener('hashchange', () => {
  view.value = readView(location.hash)
})

/** Reads a hash such as `#/explore?service=pump-7`. A parameter that comes twice has its last value. */
function readView(hash: string): View {
  const text = hash.replace(/^#\/?/, '')
  const end = text.indexOf('?')
  const page = end === -1 ? text : text.slice(0, end)
  const query = end === -1 ? {} : Object.fromEntries(new URLSearchParams(text.slice(end + 1)))
  return { page: page === '' ? FIRST : page, query }
}

/** The hash of a view. Parameters without a value are left out. */
export function hrefOf(page: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  )
  const search = new URLSearchParams(given).toString()
  return `#/${page === FIRST ? '' : page}${search === '' ? '' : `?${search}`}`
}

/**
 * Changes parameters of the current view; an empty or undefined value removes one. The view before is one step back in the history,
 * unless `replace` is set.
 */
export function changeQuery(
  change: Readonly<Record<string, string | undefined>>,
  { replace = false }: { readonly replace?: boolean } = {},
): void {
  const { page, query } = view.value
  const href = hrefOf(page, { ...query, ...change })
  if (!replace) location.hash = href
  else {
    history.replaceState(null, '', href)
    view.value = readView(href)
  }
}
