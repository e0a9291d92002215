// The first page: is everything well? For an operator the suite, for a tenant what arrives and what is running.
import { isOfTenant, me } from '../../api/session.ts'
import { Page } from '../../ui/page.tsx'
import { SuiteOverview } from './suite-overview.tsx'
import { TenantOverview } from './tenant-overview.tsx'

/** The page. */
export function OverviewPage() {
  return isOfTenant.value ? (
    <Page title="Overview" intro={`What arrives for ${me.value?.tenant}, and what is running.`}>
      <TenantOverview />
    </Page>
  ) : (
    <Page title="Overview" intro="Whether the suite is well, and what to do where it is not.">
      <SuiteOverview />
    </Page>
  )
}
