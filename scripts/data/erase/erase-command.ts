import { type Command, InvalidArgumentError } from '@commander-js/extra-typings'
import type { Labels } from '@penstock/shared/points/labels.ts'
import { print, say } from '../../cli/output.ts'
import { HeldBack } from './logged.ts'
import type { EraseDeps, Place } from './place.ts'
import { proofText } from './proof.ts'
import { eraseSeries } from './series.ts'
import { refreshStatistics, withErasure } from './session.ts'
import { eraseUser } from './user.ts'

const USAGE = `usage: npm run erase -- --tenant NAME --user USER_ID
       npm run erase -- --tenant NAME --series SERVICE [--metric TYPE] [--labels JSON]
--user: the user's feedback.  --series: points, roll-ups and names; who sends them has to stop first`

/** The exit code of an erasure that waits for a transaction to end. */
const HELD_BACK = 3

class UsageError extends Error {}

export async function eraseCommand(args: string[]): Promise<void> {
  try {
    const { values } = parseArgs({
      args: args,
      options: {
        tenant: { type: 'string' },
        user: { type: 'string' },
        series: { type: 'string' },
        metric: { type: 'string' },
        labels: { type: 'string' },
      },
    })
    const { tenant, user, series, metric, labels } = values
    if (tenant === undefined || (user === undefined) === (series === undefined))
      throw new UsageError('of which tenant, and what?')
    const work = async (deps: EraseDeps): Promise<readonly Place[]> =>
      user === undefined
        ? await eraseSeries(deps, { service: series ?? '', type: metric, labels: labelsOf(labels) })
        : await eraseUser(deps, user)
    const places = await withErasure(process.env, tenant, async (deps) => {
      const found = await work(deps)
      await refreshStatistics(deps.db)
      return found
    })
    const what =
      user === undefined
        ? `Series of ${series} of tenant ${tenant} were erased`
        : `Feedback of a user of tenant ${tenant} was erased`
    print(proofText(what, places, Date.now()))
    if (places.some(({ remains }) => remains > 0)) process.exitCode = 1
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (error instanceof HeldBack) {
      say(`erase: ${message}`)
      process.exitCode = HELD_BACK
      return
    }
    const misused = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS') === true
    say(misused ? `erase: ${message}\n${USAGE}` : `erase: ${message}`)
    process.exitCode = misused ? 2 : 1
  }
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
  const places = await withErasure(process.env, tenant, async (deps) => {
    const found = await work(deps)
    await refreshStatistics(deps.db)
    return found
  })
  const what =
    user === undefined
      ? `Series of ${series} of tenant ${tenant} were erased`
      : `Feedback of a user of tenant ${tenant} was erased`
  print(proofText(what, places, Date.now()))
  if (places.some(({ remains }) => remains > 0)) process.exitCode = 1
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
