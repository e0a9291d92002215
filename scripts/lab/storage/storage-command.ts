import { parseArgs } from 'node:util'
import { print, say } from '../../cli/output.ts'
import { check } from './check.ts'
import { describeCheck, isAsExpected } from './report.ts'
import { variants } from './variants.ts'

const USAGE = `usage: npm run test:storage [-- --seconds 20 --seed 1 --variant NAME | --all]
  --seconds N      how long the actors work; default 20
  --seed N         what each of them does; default 1
  --variant NAME   take one rule out (may be given several times): ${variants.map(({ name }) => `"${name}"`).join(', ')}
  --all            the product as it is, then each rule taken out in turn: each has to be noticed
  --calm           nobody's session is ended`

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      variant: { type: 'string', multiple: true, default: ['as it is'] },
      all: { type: 'boolean', default: false },
      calm: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    print(USAGE)
    return 0
  }
  const chosen = variants.filter(({ name }) => values.all || values.variant.includes(name))
  if (chosen.length === 0) throw new Error(`there is no variant ${JSON.stringify(values.variant)}`)
  let failed = false
  for (const variant of chosen) {
    const options = { seconds: Number(values.seconds), seed: Number(values.seed), kills: !values.calm }
    const checked = await check(variant, options)
    print(describeCheck(variant, checked))
    failed ||= !isAsExpected(variant, checked)
  }
  return failed ? 1 : 0
}

export async function storageCommand(args: string[]): Promise<void> {
  try {
    process.exitCode = await main(args)
  } catch (error) {
    say(`test:storage: ${(error as Error).message}\n${USAGE}`)
    process.exitCode = 2
  }
}
