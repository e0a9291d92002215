import { join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import type { Browser } from 'playwright-core'
import { addExamples } from '../../cli/command.ts'
import { print, say } from '../../cli/output.ts'
import { type LocalSuite, readLocalSuite, rootFolder, stateFolder } from '../../cli/state.ts'
import { textTable } from '../../cli/text-table.ts'
import { startBrowser } from './browser.ts'
import { measurePage } from './figures.ts'
import { takeAll, takeForReadme } from './pictures.ts'
import { tellNaughty, tellStory } from './story.ts'

/** Describes `penstock page`. */
export function describeCommand(command: Command): void {
  const pictures = command
    .command('pictures')
    .description('Takes pictures of every page of the console of the running suite, into .penstock/pictures.')
    .option('--readme', 'take only the pictures that the README shows, into docs/pictures')
    .action(async ({ readme = false }) => {
      const folder = readme ? join(rootFolder, 'docs/pictures') : join(stateFolder, 'pictures')
      await inBrowser(async (browser, suite) => {
        const taken = await (readme ? takeForReadme : takeAll)(browser, suite, folder)
        print(`${taken} pictures are in ${folder}`)
      })
    })
  addExamples(pictures, 'penstock page pictures', 'penstock page pictures --readme')
  const figures = command
    .command('figures')
    .description('Measures bytes, requests and times of the console of the running suite.')
    .action(async () => {
      await inBrowser(async (browser, suite) => {
        await tellNaughty(suite)
        const measured = await measurePage(browser, suite)
        const rows = measured.map(({ what, value, aim }) => [what, value, aim])
        print(textTable(['figure', 'measured', 'aim'], rows))
      })
    })
  addExamples(figures, 'penstock page figures')
  addExamples(command, 'penstock page pictures', 'penstock page figures')
}

async function inBrowser(work: (browser: Browser, suite: LocalSuite) => Promise<void>): Promise<void> {
  const suite = readLocalSuite()
  if (!suite) throw new Error('no suite is running here: start one with npm start -- --fresh')
  const browser = await startBrowser()
  try {
    say('sending what the pages show …')
    await tellStory(suite, Date.now())
    await work(browser, suite)
  } finally {
    await browser.close()
  }
}
