// Links to the pages before and after, for lists that are read by offset.
import { exactly } from '../base/format.ts'
import { hrefOf, view } from '../base/view.ts'

interface PageLinksProps {
  readonly offset: number
  readonly limit: number
  readonly total: number
}

/** The place in a list with links to newer and older rows; `from` in the address is the offset. Nothing for a list of one page. */
export function PageLinks({ offset, limit, total }: PageLinksProps) {
  if (offset === 0 && total <= limit) return null
  const { page, query } = view.value
  const at = (from: number): string => hrefOf(page, { ...query, from: from <= 0 ? undefined : String(from) })
  return (
    <p class="page-links">
      <span class="note">
        {exactly(Math.min(offset + 1, total))} to {exactly(Math.min(offset + limit, total))} of {exactly(total)}
      </span>
      {offset > 0 ? <a href={at(offset - limit)}>Newer</a> : null}
      {offset + limit < total ? <a href={at(offset + limit)}>Older</a> : null}
    </p>
  )
}
