// The console in a real browser, over the whole suite: from the printed address to the chart of the first point, by keyboard and by mouse,
// with texts of strangers everywhere. Passed over, visibly, where the machine has no Chromium.
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rootFolder } from '../scripts/cli/state.ts'
import { freePort } from '../scripts/database/postgres.ts'
import { type Suite, startSuite } from '../scripts/local/suite.ts'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = PLACES.find((path) => existsSync(path))
/** Texts that would run, or would be loaded, if a page took one for markup. */
const EVIL = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(2)</script>',
  '{{constructor.constructor("alert(3)")()}}',
]
const VIEWS = [
  '',
  'explore',
  'cardinality',
  'promql',
  'send',
  'alerts',
  'backfill',
  'feedback',
  'keys',
  'users',
  'usage',
  'audit',
  'records',
  'records?of=productions.gear&new=1',
] as const

describe.runIf(executablePath)('the console in a browser', () => {
  let folder: string
  let suite: Suite
  let browser: Browser
  let tab: Page
  /** Errors, dialogs and violations of the policy in any tab. */
  const problems: string[] = []
  const requests: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'penstock-console-'))
    const signal = new AbortController().signal
    suite = await startSuite({
      port: await freePort(),
      open: false,
      tier: 'standard',
      rootFolder,
      stateFolder: folder,
      own: process.env,
      show: () => {},
      signal,
    })
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] })
    tab = await open()
  })
  afterAll(async () => {
    await browser?.close()
    await suite?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  async function open(width = 1280): Promise<Page> {
    const context = await browser.newContext({ viewport: { width, height: 800 } })
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    page.on('dialog', (dialog) => {
      problems.push(dialog.message())
      void dialog.dismiss()
    })
    page.on('request', (request) => requests.push(request.url()))
    return page
  }

  const signIn = async (page: Page, hash = '') => {
    await page.goto(`${suite.local.base_url}/console/${hash}`)
    await page.getByRole('textbox', { name: 'API key or token' }).fill(suite.local.api_key)
    await page.keyboard.press('Enter')
    await page.getByRole('main').getByRole('heading', { level: 1 }).filter({ hasNotText: 'Sign in' }).waitFor()
  }

  it('goes from the printed address to the chart of a first point by three clicks', async () => {
    await tab.goto(suite.local.console_url)
    expect(tab.url()).not.toContain('pk_')
    await tab.getByRole('button', { name: 'Open the local suite' }).click()
    await tab.getByRole('link', { name: 'Send a first point' }).click()
    await tab.getByText('Watching for new points').waitFor()
    await tab.getByRole('button', { name: 'Send a point from this page' }).click()
    await tab.getByRole('heading', { name: 'Your point has arrived' }).waitFor()
    await tab.getByRole('img', { name: 'my-first-service temperature' }).locator('canvas').waitFor()
    expect(requests.filter((url) => url.includes('pk_'))).toEqual([])
    expect(await tab.evaluate('document.cookie + JSON.stringify(localStorage)')).not.toContain('pk_')
  })

  it('draws a chart within eight requests, and shows the same at the same address', async () => {
    await send(
      EVIL.map((text, i) => ({ service_name: text, metric_type: `evil-${i}`, metric_metadata: { note: text } })),
    )
    const hash = '#/explore?service=my-first-service&metric=temperature'
    const other = await open()
    // A request that the page repeats while a slow machine draws its chart counts once.
    const asked = new Set<string>()
    other.on('request', (request) => asked.add(request.url().replace(/[?#].*/, '')))
    await signIn(other, hash)
    await other.locator('main canvas').waitFor()
    expect(asked.size).toBeLessThanOrEqual(8)
    await other.context().close()
  })

  it('shows texts of strangers as texts', async () => {
    const box = tab.getByRole('combobox', { name: 'Service' })
    await tab.getByRole('link', { name: 'Explore', exact: true }).click()
    await box.fill('<img')
    await tab.getByRole('option', { name: EVIL[0] ?? '' }).waitFor()
    await tab.keyboard.press('Enter')
    await tab.getByRole('link', { name: 'evil-0' }).click()
    await tab.locator('main canvas').waitFor()
    expect(await tab.locator('main img').count()).toBe(0)
  })

  it('makes, tries, edits and deletes a rule, and sends a test to a channel', async () => {
    await go('Alerts')
    await press('Make a channel')
    await type('Channel name', 'On call')
    await type('Address', 'on-call@example.com')
    await press('Make the channel')
    await press('Send a test to On call')
    await tab.getByText(/^test (waits|is being sent|sent)/).waitFor()
    await press('Make a rule')
    await type('Service', 'my-first-service')
    await type('Metric', 'temperature')
    await type('Threshold', '90')
    await tab.getByText('In the last week it would not have fired.').waitFor()
    await tab.getByRole('checkbox', { name: 'On call (email)' }).check()
    await press('Make the rule')
    await press('Edit temperature of my-first-service')
    await type('Threshold', '80')
    await press('Save the rule')
    await tab.getByText('avg > 80').waitFor()
    for (const name of ['temperature of my-first-service', 'On call']) {
      await press(`Delete ${name}`)
      await tab.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
      await tab.getByRole('button', { name: `Delete ${name}` }).waitFor({ state: 'detached' })
    }
    expect(await tab.getByText('There are no rules yet', { exact: true }).isVisible()).toBe(true)
  })

  it('makes a key, rotates it and revokes both, and changes the role of a user', async () => {
    await go('Keys')
    await press('Make a key')
    await type('Name', 'Gauge')
    await tab.getByRole('checkbox', { name: 'metrics:read' }).check()
    await press('Make the key')
    await press('I have stored it')
    await press('Rotate Gauge')
    await tab.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
    await press('I have stored it')
    await tab.getByRole('button', { name: 'Revoke Gauge' }).nth(1).waitFor()
    await tab.getByRole('button', { name: 'Revoke Gauge' }).first().click()
    await tab.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await tab.getByRole('dialog').waitFor({ state: 'detached' })
    await go('Users')
    await press('Register a user')
    await type('Subject of the tokens', 'kim-1')
    await type('E-mail', 'kim@example.com')
    await press('Register')
    const role = tab.getByRole('table').getByRole('combobox', { name: /role/i })
    await role.selectOption('admin')
    await expect.poll(async () => await role.inputValue(), { timeout: 60_000 }).toBe('admin')
  })

  it('makes a record of a resource by a form that is made from the document', async () => {
    await tab.evaluate("location.hash = '#/records?of=productions.gear&user_id=kim'")
    await press('New')
    await type('Id', 'lens-1')
    await tab.getByRole('textbox', { name: 'Name', exact: true }).fill('Lens')
    await press('Save the equipment')
    await tab.getByRole('link', { name: 'lens-1' }).click()
    await type('Category', 'Optics')
    await press('Save the equipment')
    const cell = tab.getByRole('cell', { name: 'Optics' })
    await cell.waitFor()
    expect(await cell.count()).toBe(1)
  })

  it('fits a phone, and axe finds nothing serious on any page in light and dark', async () => {
    const phone = await open(360)
    await signIn(phone)
    const found: string[] = []
    for (const view of VIEWS) {
      await phone.evaluate(`location.hash = '#/${view}'`)
      await phone.getByRole('main').getByRole('heading', { level: 1 }).waitFor()
      await phone.locator('.waiting').first().waitFor({ state: 'detached' })
      const wide = await phone.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      if (Number(wide) > 0) found.push(`${view} is ${Number(wide)} px too wide`)
      for (const colorScheme of ['light', 'dark'] as const) {
        await phone.emulateMedia({ colorScheme })
        for (const id of await seriousFindings(phone, colorScheme)) found.push(`${view}, ${colorScheme}: ${id}`)
      }
    }
    expect(found).toEqual([])
    await phone.context().close()
  })

  it('meets no error, no dialog and no violation of its policy, and asks no other host', () => {
    expect(problems).toEqual([])
    expect(requests.filter((url) => !url.startsWith(suite.local.base_url) && !/^(?:data|blob):/.test(url))).toEqual([])
  })

  const go = async (page: string) => await tab.getByRole('link', { name: page, exact: true }).click()
  const press = async (name: string) => await tab.getByRole('button', { name, exact: true }).click()
  const type = async (name: string, text: string) => await tab.getByRole('textbox', { name, exact: true }).fill(text)

  async function send(points: readonly object[]): Promise<void> {
    const body = points.map((point) => ({ metric_value: 1, unit: 'C', ...point }))
    const response = await fetch(`${suite.local.base_url}/api/v1/monitoring/metrics/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${suite.local.api_key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(response.ok).toBe(true)
  }
})

/** The rules of axe for each colour scheme: all of them in light, and in dark those that depend on colours. */
const RULES = {
  light: { runOnly: ['wcag2a', 'wcag2aa'] },
  dark: { runOnly: { type: 'rule', values: ['color-contrast'] } },
} as const

/** Returns what axe finds that prevents people from using the page. Its own script is run in spite of the page's policy. */
async function seriousFindings(page: Page, colorScheme: keyof typeof RULES): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page)
  await session.send('Page.setBypassCSP', { enabled: true })
  const isLoaded = await page.evaluate("typeof axe !== 'undefined'")
  const run = `axe.run(${JSON.stringify(RULES[colorScheme])}).then((found) => found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => id + ' ' + nodes[0].html))`
  const expression = isLoaded === true ? run : `${axe.source}; ${run}`
  const { result } = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
  await session.detach()
  return result.value as readonly string[]
}
