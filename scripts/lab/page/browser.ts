// A headless Chromium of this machine, and a tab of the console that is signed in.
import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { LocalSuite } from '../../cli/state.ts'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const WAIT_MS = 60_000

/** Starts the browser. @throws {Error} when this machine has none. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = PLACES.find((path) => existsSync(path))
  if (executablePath === undefined)
    throw new Error(`there is no browser: install Chromium, so that one of these exists: ${PLACES.join(', ')}`)
  return await chromium.launch({ executablePath, args: ['--no-sandbox'] })
}

export interface Look {
  readonly width: number
  readonly colorScheme: 'light' | 'dark'
}

const HEIGHT = 800

/** Opens a tab of its own context. */
export async function openTab(browser: Browser, { width, colorScheme }: Look): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: HEIGHT }, colorScheme, locale: 'en-GB' })
  const tab = await context.newPage()
  tab.setDefaultTimeout(WAIT_MS)
  return tab
}

/** Opens a view of the console and signs in with a key. */
export async function signIn(tab: Page, { base_url }: LocalSuite, key: string, hash = ''): Promise<void> {
  await tab.goto(`${base_url}/console/${hash}`)
  await tab.getByRole('textbox', { name: 'API key or token' }).fill(key)
  await tab.keyboard.press('Enter')
  await tab.locator('#menu').waitFor({ state: 'attached' })
}
