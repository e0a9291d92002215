import { type Command, InvalidArgumentError } from '@commander-js/extra-typings'
import type { Labels } from '@penstock/shared/points/labels.ts'
import { addExamples } from '../../cli/command.ts'
import { print, say } from '../../cli/output.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { HeldBack } from './logged.ts'
import type { EraseDeps, Place } from './place.ts'
import { proofText } from './proof.ts'
import { eraseSeries } from './series.ts'
import { refreshStatistics, withErasure } from './session.ts'
import { eraseUser } from './user.ts'

/** The exit code of an erasure that waits for a transaction to end. */
const HELD_BACK = 3

/** Describes `penstock erase`. */
export function describeCommand(command: Command): void {
  command
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--user <id>', "erases this user's feedback")
    .option('--series <service>', 'erases points, roll-ups and names of this service; stop its senders first')
    .option('--metric <type>', 'of the service only this metric')
    .option('--labels <json>', 'of the service only series with these labels: a JSON object', labelsOf)
    .addHelpText(
      'after',
      '\nPrints a proof. Ends with 1 when something is left, and with 3 when a transaction has to end first.',
    )
    .action(erase)
  addExamples(
    command,
    'penstock erase --tenant acme --user u-17',
    'penstock erase --tenant acme --series boiler-7 --metric temperature',
  )
}

interface Options {
  readonly tenant: string
  readonly user?: string | undefined
  readonly series?: string | undefined
  readonly metric?: string | undefined
  readonly labels?: Labels | undefined
}

async function erase({ tenant, user, series, metric, labels }: Options): Promise<void> {
  if ((user === undefined) === (series === undefined)) throw new UsageError('give either --user ID or --series SERVICE')
  const work = async (deps: EraseDeps): Promise<readonly Place[]> =>
    user === undefined
      ? await eraseSeries(deps, { service: series ?? '', type: metric, labels })
      : await eraseUser(deps, user)
  const action = user === undefined ? 'series.erase' : 'user.erase'
  const places = await withErasure(process.env, { tenant, action, object: user }, async (deps) => {
    const found = await work(deps)
    await refreshStatistics(deps.db)
    return found
  }).catch(reportHeldBack)
  if (places === undefined) return
  const what =
    user === undefined
      ? `Series of ${series} of tenant ${tenant} were erased`
      : `Feedback of a user of tenant ${tenant} was erased`
  print(proofText(what, places, Date.now()))
  if (places.some(({ remains }) => remains > 0)) process.exitCode = 1
}

/** Reports an erasure that a transaction held back, with an exit code of its own. @throws {unknown} every other error. */
function reportHeldBack(error: unknown): undefined {
  if (!(error instanceof HeldBack)) throw error
  say(`erase: ${error.message}`)
  process.exitCode = HELD_BACK
}

function labelsOf(text: string): Labels {
  try {
    const labels: unknown = JSON.parse(text)
    if (typeof labels === 'object' && labels !== null && !Array.isArray(labels)) return labels as Labels
  } catch {
    // Reported below.
  }
  throw new InvalidArgumentError('It must be a JSON object.')
}
