// The pages of the documentation, and the command lines on them.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootFolder } from '../../../scripts/cli/state.ts'

export interface Block {
  /** The word after the fence, and what follows it: `sql duckdb`. Empty for command lines. */
  readonly language: string
  readonly text: string
  /** The line of the page on which the fence stands. */
  readonly line: number
}

export interface Page {
  readonly file: string
  readonly blocks: readonly Block[]
  /** Command lines between backticks in the text. */
  readonly inline: readonly string[]
}

/** Programs whose lines are taken from running text too. Our own commands have a test of their own (documented-commands.test.ts). */
const TOOLS =
  'bq|cloud-sql-proxy|curl|docker|duckdb|gcloud|git|jq|node(?! scripts/penstock.ts)|npm(?! run)|npx(?! penstock|$)|openssl|psql|terraform'

/** Every page that is committed. */
export function pages(): Page[] {
  const files = globSync(['*.md', '{docs,functions,shared,scripts,clients,terraform}/**/*.md'], {
    cwd: rootFolder,
    exclude: (name) => name.includes('node_modules'),
  })
  return files.sort().map((file) => pageOf(file, readFileSync(join(rootFolder, file), 'utf8')))
}

function pageOf(file: string, text: string): Page {
  const blocks = [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, language = '', content = ''], i, all) => ({
    language: language.trim(),
    text: content,
    line: text.slice(0, all[i]?.index).split('\n').length,
  }))
  const running = text.replaceAll(/^```[^\n]*\n.*?^```$/gms, '')
  const inline = [...running.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => code)
  return { file, blocks, inline: inline.filter((code) => new RegExp(`^(?:${TOOLS})(?: |$)`).test(code)) }
}

/** A command that is named without its arguments, such as `terraform apply` or `gcloud storage cp -r`. */
export const isName = (line: string): boolean => line.split(' ').every((word) => /^(?:[a-z][a-z-]*|-[a-z])$/.test(word))
