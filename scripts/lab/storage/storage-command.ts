import { type Command, Option } from '@commander-js/extra-typings'
import { addExamples, wholeNumber } from '../../cli/command.ts'
import { print } from '../../cli/output.ts'
import { check } from './check.ts'
import { lifecycleVariants } from './lifecycle-variants.ts'
import { describeCheck, isAsExpected } from './report.ts'
import { variants as logVariants } from './variants.ts'

const variants = [...logVariants, ...lifecycleVariants]
const names = variants.map(({ name }) => name)

/** Describes `penstock storage`. */
export function describeCommand(command: Command): void {
  command
    .option('--seconds <n>', 'how long the actors work', wholeNumber(1, 86_400), 20)
    .option('--seed <n>', 'repeats the random choices of this seed', wholeNumber(0, 2 ** 31), 1)
    .addOption(
      new Option('--variant <name...>', 'takes this rule out; several may be given')
        .choices(names)
        .default(names.slice(0, 1)),
    )
    .option('--all', 'the product as it is, then each rule taken out in turn: every one has to be noticed')
    .option('--calm', 'ends no session')
    .action(run)
  addExamples(
    command,
    'penstock storage --seconds 60',
    'penstock storage --all',
    'penstock storage --variant "no gate"',
  )
}

interface Options {
  readonly seconds: number
  readonly seed: number
  readonly variant: readonly string[]
  readonly all?: true | undefined
  readonly calm?: true | undefined
}

/** Runs the checks. Sets exit code 1 for a violation of the unchanged product, and for a removed rule that was not noticed. */
async function run({ seconds, seed, variant: wanted, all, calm }: Options): Promise<void> {
  for (const variant of variants.filter(({ name }) => all === true || wanted.includes(name))) {
    const checked = await check(variant, { seconds, seed, kills: calm !== true })
    print(describeCheck(variant, checked))
    if (!isAsExpected(variant, checked)) process.exitCode = 1
  }
}
