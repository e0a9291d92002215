// Pictures of every page of the console, in both themes and at the widths of a desk and a phone.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { LocalSuite } from '../../cli/state.ts'
import { type Look, openTab, signIn } from './browser.ts'

const PUMP = 'service=pump-7&metric=temperature'

/** The views of a tenant's key by the name of their picture. */
const TENANT_VIEWS: readonly (readonly [name: string, hash: string])[] = [
  ['overview', '#/'],
  ['explore', `#/explore?${PUMP}`],
  ['cardinality', '#/cardinality'],
  ['promql', '#/promql'],
  ['send', '#/send'],
  ['alerts', '#/alerts'],
  ['rule', `#/alerts?${PUMP}`],
  ['backfill', '#/backfill'],
  ['feedback', '#/feedback?insight=insight-17'],
  ['keys', '#/keys'],
  ['users', '#/users'],
  ['usage', '#/usage'],
  ['audit', '#/audit'],
  ['records', '#/records'],
  ['record', '#/records?of=productions.gear&new=1'],
]
const OPERATOR_VIEWS: readonly (readonly [name: string, hash: string])[] = [
  ['suite', '#/'],
  ['storage', '#/storage'],
  ['database', '#/database'],
  ['statements', '#/database?part=statements'],
]
const LOOKS: readonly Look[] = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
]
const SETTLED_MS = 700

/** Pictures that the README shows, with the view of each. */
const README_PICTURES: readonly (readonly [name: string, hash: string, Look])[] = [
  ['explore', `#/explore?${PUMP}`, { width: 1280, colorScheme: 'light' }],
  ['alerts', '#/alerts', { width: 1280, colorScheme: 'dark' }],
]

/** Waits until nothing on the page is loading any more. */
async function settled(tab: Page): Promise<void> {
  await tab.locator('.waiting').first().waitFor({ state: 'detached' })
  await tab.waitForTimeout(SETTLED_MS)
}

/** Makes the pictures of all pages. Returns how many there are. */
export async function takeAll(browser: Browser, suite: LocalSuite, folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true })
  let taken = 0
  for (const look of LOOKS) {
    for (const [key, views] of [
      [suite.api_key, TENANT_VIEWS],
      [suite.operator_key, OPERATOR_VIEWS],
    ] as const) {
      const tab = await openTab(browser, look)
      if (key === suite.api_key) {
        await tab.goto(`${suite.base_url}/console/`)
        await tab.getByRole('textbox', { name: 'API key or token' }).waitFor()
        await tab.screenshot({ path: join(folder, `sign-in-${look.width}-${look.colorScheme}.png`) })
      }
      await signIn(tab, suite, key)
      for (const [name, hash] of views) {
        await tab.evaluate(`location.hash = ${JSON.stringify(hash)}`)
        await settled(tab)
        await tab.screenshot({ path: join(folder, `${name}-${look.width}-${look.colorScheme}.png`), fullPage: true })
        taken++
      }
      await tab.context().close()
    }
  }
  return taken
}

/** Makes the pictures of the README. */
export async function takeForReadme(browser: Browser, suite: LocalSuite, folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true })
  for (const [name, hash, look] of README_PICTURES) {
    const tab = await openTab(browser, look)
    await signIn(tab, suite, suite.api_key, hash)
    await settled(tab)
    await tab.screenshot({ path: join(folder, `console-${name}.png`) })
    await tab.context().close()
  }
  return README_PICTURES.length
}
