// The console's page as the build makes it, for tests that serve it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootFolder } from '../../../scripts/cli/state.ts'
import { writeConsole } from '../../../scripts/deploy/console/build-page.ts'

export interface BuiltPage {
  /** The path for the setting `CONSOLE_APP`. */
  readonly path: string
  remove(): Promise<void>
}

/** Builds the page into a folder of its own. */
export async function buildPage(): Promise<BuiltPage> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-console-'))
  const path = await writeConsole(rootFolder, join(folder, 'app.json'))
  return { path, remove: async () => await rm(folder, { recursive: true, force: true }) }
}
