// The pages of the console, and which credentials see them in the menu.
import type { FunctionComponent } from 'preact'
import { isOfTenant, may, me } from './api/session.ts'
import { KeysPage } from './pages/access/keys-page.tsx'
import { UsersPage } from './pages/access/users-page.tsx'
import { AlertsPage } from './pages/alerts/alerts-page.tsx'
import { AuditPage } from './pages/audit/audit-page.tsx'
import { BackfillPage } from './pages/backfill/backfill-page.tsx'
import { CardinalityPage } from './pages/cardinality/cardinality-page.tsx'
import { DatabasePage } from './pages/database/database-page.tsx'
import { ExplorePage } from './pages/explore/explore-page.tsx'
import { FeedbackPage } from './pages/feedback/feedback-page.tsx'
import { OverviewPage } from './pages/overview/overview-page.tsx'
import { PromqlPage } from './pages/promql/promql-page.tsx'
import { RecordsPage } from './pages/records/records-page.tsx'
import { SendPage } from './pages/send/send-page.tsx'
import { StoragePage } from './pages/storage/storage-page.tsx'
import { UsagePage } from './pages/usage/usage-page.tsx'

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
/** Operators have it too: it says whose key shows charts, so that nobody searches the menu for them. */
const explores = (): boolean => !isOfTenant.value || readsMetrics()
const readsMetricsOfTenant = (): boolean => isOfTenant.value && readsMetrics()

/** Scopes of the suite itself. Another one that reads belongs to an application, whose records have a page. */
const OWN_SCOPES = new Set(['metrics', 'alerts', 'backfill', 'feedback', 'keys', 'users', 'usage', 'audit'])
const readsRecords = (): boolean =>
  isOfTenant.value &&
  (me.value?.scopes ?? []).some((scope) => scope.endsWith(':read') && !OWN_SCOPES.has(scope.replace(/:read$/, '')))

/** All pages, in the order of the menu. */
export const menu: readonly MenuGroup[] = [
  {
    name: 'Look',
    entries: [
      { page: 'overview', name: 'Overview', component: OverviewPage, isVisible: () => true },
      { page: 'explore', name: 'Explore', component: ExplorePage, isVisible: explores },
      { page: 'cardinality', name: 'Cardinality', component: CardinalityPage, isVisible: readsMetricsOfTenant },
      { page: 'promql', name: 'PromQL', component: PromqlPage, isVisible: readsMetrics },
      { page: 'send', name: 'Send data', component: SendPage, isVisible: readsMetricsOfTenant },
    ],
  },
  {
    name: 'Work',
    entries: [
      { page: 'alerts', name: 'Alerts', component: AlertsPage, isVisible: () => may('alerts:read') },
      { page: 'backfill', name: 'Backfill', component: BackfillPage, isVisible: () => may('backfill:read') },
      { page: 'records', name: 'Records', component: RecordsPage, isVisible: readsRecords },
      { page: 'feedback', name: 'Feedback', component: FeedbackPage, isVisible: () => may('feedback:read') },
    ],
  },
  {
    name: 'Access',
    entries: [
      { page: 'keys', name: 'Keys', component: KeysPage, isVisible: () => may('keys:read') },
      { page: 'users', name: 'Users', component: UsersPage, isVisible: () => may('users:read') },
      { page: 'usage', name: 'Usage', component: UsagePage, isVisible: () => isOfTenant.value && may('usage:read') },
      { page: 'audit', name: 'Audit', component: AuditPage, isVisible: () => may('audit:read') },
    ],
  },
  {
    name: 'Operate',
    entries: [
      { page: 'storage', name: 'Storage', component: StoragePage, isVisible: () => may('operate') },
      { page: 'database', name: 'Database', component: DatabasePage, isVisible: () => may('operate') },
    ],
  },
]

/** Finds a page; undefined when there is none of this name. */
export const entryOf = (page: string): MenuEntry | undefined =>
  menu.flatMap(({ entries }) => entries).find((entry) => entry.page === page)
