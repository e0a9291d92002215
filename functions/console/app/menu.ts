// The pages of the console, and which credentials see them in the menu.
import type { FunctionComponent } from 'preact'
import { isOfTenant, may } from './api/session.ts'
import { BackfillPage } from './pages/backfill/backfill-page.tsx'
import { ExplorePage } from './pages/explore/explore-page.tsx'
import { OverviewPage } from './pages/overview/overview-page.tsx'
import { PromqlPage } from './pages/promql/promql-page.tsx'
import { SendPage } from './pages/send/send-page.tsx'
import { StoragePage } from './pages/storage/storage-page.tsx'

export interface MenuEntry {
  /** The page's name in the address. */
  readonly page: string
  readonly name: string
  readonly component: FunctionComponent
  readonly isVisible: () => boolean
}

export interface MenuGroup {
  readonly name: string
  readonly entries: readonly MenuEntry[]
}

const readsMetrics = (): boolean => may('metrics:read')

/** All pages, in the order of the menu. */
export const menu: readonly MenuGroup[] = [
  {
    name: 'Look',
    entries: [
      { page: 'overview', name: 'Overview', component: OverviewPage, isVisible: () => true },
      { page: 'explore', name: 'Explore', component: ExplorePage, isVisible: readsMetrics },
      { page: 'promql', name: 'PromQL', component: PromqlPage, isVisible: readsMetrics },
      { page: 'send', name: 'Send data', component: SendPage, isVisible: () => isOfTenant.value && readsMetrics() },
    ],
  },
  {
    name: 'Work',
    entries: [{ page: 'backfill', name: 'Backfill', component: BackfillPage, isVisible: () => may('backfill:read') }],
  },
  {
    name: 'Operate',
    entries: [{ page: 'storage', name: 'Storage', component: StoragePage, isVisible: () => may('operate') }],
  },
]

/** Finds a page; undefined when there is none of this name. */
export const entryOf = (page: string): MenuEntry | undefined =>
  menu.flatMap(({ entries }) => entries).find((entry) => entry.page === page)
