// Figures of the console in a browser: bytes, requests, times, what an idle page asks, and violations of its policy.
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { send } from '../../cli/send.ts'
import type { LocalSuite } from '../../cli/state.ts'
import { median } from '../figures.ts'
import { openTab, signIn } from './browser.ts'
import { FULL } from './story.ts'

export interface Figure {
  readonly what: string
  readonly value: string
  /** The value that the design aims at. */
  readonly aim: string
}

const DESK = { width: 1280, colorScheme: 'light' } as const
const ROUNDS = 5
const IDLE_S = 20
const TIMEOUT_MS = 30_000
const PAGES = ['', 'explore', 'cardinality', 'promql', 'alerts', 'backfill', 'keys', 'users', 'usage', 'audit']

const chartOf = (service: string, metric: string): string => `#/explore?service=${service}&metric=${metric}`

/** Measures everything. */
export async function measurePage(browser: Browser, suite: LocalSuite): Promise<readonly Figure[]> {
  return [
    ...(await bytes(suite)),
    ...(await firstChart(browser, suite)),
    await drawing(browser, suite),
    ...(await idle(browser, suite)),
    await violations(browser, suite),
  ]
}

async function bytes({ base_url }: LocalSuite): Promise<readonly Figure[]> {
  const read = async (path: string) => await send(base_url + path, { method: 'GET', timeoutMs: TIMEOUT_MS })
  const { body: page } = await read('/console/')
  const paths = [...page.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(([, path = '']) => path)
  const figures: Figure[] = []
  for (const path of paths) {
    const { body } = await read(new URL(path, `${base_url}/console/`).pathname)
    const size = gzipSync(body, { level: 9 }).length
    const isScript = path.endsWith('.js')
    figures.push({
      what: isScript ? 'JavaScript, gzip' : 'styles, gzip',
      value: `${size.toLocaleString('en-US')} B`,
      aim: isScript ? '≤ 92,160 B' : '≤ 12,288 B',
    })
  }
  return figures
}

/** Opens a chart by its address: cold in a context of its own, then warm by coming back to it. */
async function firstChart(browser: Browser, suite: LocalSuite): Promise<readonly Figure[]> {
  const cold: number[] = []
  const warm: number[] = []
  let requests = 0
  for (let round = 0; round < ROUNDS; round++) {
    const tab = await openTab(browser, DESK)
    requests = 0
    tab.on('request', () => requests++)
    await tab.goto(`${suite.base_url}/console/${chartOf('pump-7', 'temperature')}`)
    await tab.getByRole('textbox', { name: 'API key or token' }).fill(suite.api_key)
    const begun = performance.now()
    await tab.keyboard.press('Enter')
    await tab.locator('main canvas').waitFor()
    cold.push(performance.now() - begun + (await loadingTime(tab)))
    const counted = requests
    await tab.evaluate("location.hash = '#/backfill'")
    await tab.getByRole('heading', { level: 1, name: 'Backfill' }).waitFor()
    const again = performance.now()
    await tab.evaluate(`location.hash = ${JSON.stringify(chartOf('pump-7', 'temperature'))}`)
    await tab.locator('main canvas').waitFor()
    warm.push(performance.now() - again)
    requests = counted
    await tab.context().close()
  }
  return [
    { what: 'requests before the first chart', value: String(requests), aim: '≤ 8' },
    { what: 'first chart, cold', value: ms(median(cold)), aim: '≤ 1,500 ms' },
    { what: 'first chart, warm', value: ms(median(warm)), aim: '≤ 300 ms' },
  ]
}

/** The time from the navigation to the end of loading, in ms. */
const loadingTime = async (tab: Page): Promise<number> =>
  Number(await tab.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))

async function drawing(browser: Browser, suite: LocalSuite): Promise<Figure> {
  const tab = await openTab(browser, DESK)
  await signIn(tab, suite, suite.api_key, chartOf(FULL.service, FULL.metric))
  await tab.locator('main canvas').waitFor()
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await tab.emulateMedia({ colorScheme: round % 2 === 0 ? 'dark' : 'light' })
    await tab.waitForTimeout(500)
  }
  const drawn = `performance.getEntriesByName('chart drawn').map(({ duration, detail }) => [detail, duration])`
  for (const [points, time] of (await tab.evaluate(drawn)) as readonly (readonly [number, number])[])
    if (points === FULL.points) times.push(time)
  await tab.context().close()
  const value = `${ms(median(times))} (${times.length} drawings)`
  return { what: `${FULL.points.toLocaleString('en-US')} points drawn`, value, aim: '≤ 50 ms' }
}

/** Counts the requests of the page that asks most often, while it is seen and while it is hidden. */
async function idle(browser: Browser, suite: LocalSuite): Promise<readonly Figure[]> {
  const tab = await openTab(browser, DESK)
  let requests = 0
  tab.on('request', () => requests++)
  const figures: Figure[] = []
  await signIn(tab, suite, suite.api_key, '#/alerts')
  for (const page of ['alerts', 'backfill', '']) {
    await tab.evaluate(`location.hash = '#/${page}'`)
    await tab.waitForTimeout(3_000)
    requests = 0
    await tab.waitForTimeout(IDLE_S * 1000)
    const value = `${(requests / IDLE_S).toFixed(2)}/s`
    figures.push({ what: `requests of an idle page, ${page || 'overview'}`, value, aim: '≤ 1/s' })
  }
  await setHidden(tab, true)
  await tab.waitForTimeout(1_000)
  requests = 0
  await tab.waitForTimeout(IDLE_S * 1000)
  figures.push({ what: `requests of a hidden page in ${IDLE_S} s`, value: String(requests), aim: '0' })
  await tab.context().close()
  return figures
}

/** Makes the page believe that its tab is hidden or shown, as a switch of tabs would. */
const setHidden = async (tab: Page, isHidden: boolean): Promise<unknown> =>
  await tab.evaluate(
    `Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} }); document.dispatchEvent(new Event('visibilitychange'))`,
  )

/** Visits every page while the naughty texts are stored, and counts what the policy refused, dialogs and errors. */
async function violations(browser: Browser, suite: LocalSuite): Promise<Figure> {
  const tab = await openTab(browser, DESK)
  const met: string[] = []
  tab.on('pageerror', (error) => met.push(error.message))
  tab.on('console', (message) => message.type() === 'error' && met.push(message.text()))
  tab.on('dialog', (dialog) => {
    met.push(dialog.message())
    void dialog.dismiss()
  })
  await signIn(tab, suite, suite.api_key)
  for (const page of [...PAGES, 'feedback?insight=insight-17', 'records']) {
    await tab.evaluate(`location.hash = '#/${page}'`)
    await tab.waitForTimeout(1_500)
  }
  await tab.context().close()
  const value = met.length === 0 ? '0' : `${met.length}: ${met.slice(0, 3).join('; ')}`
  return { what: 'violations, dialogs and errors with naughty texts stored', value, aim: '0' }
}

const ms = (value: number | null): string => (value === null ? 'not measured' : `${Math.round(value)} ms`)
