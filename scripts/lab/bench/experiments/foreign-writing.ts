// Experiments with third-party protocols: a load in one of them compared with the same batch in our own JSON, which is its limit.
import type { Bench, Experiment } from '../experiment.ts'
import type { ForeignProtocol } from '../foreign-requests.ts'
import type { Load } from '../load.ts'
import { type Subject, takeTurns } from '../measure.ts'
import type { Recipe } from '../requests.ts'
import { type Row, toRow } from '../row.ts'
import { clearPoints, storedPoints } from '../stored-points.ts'

const POINTS = 10_000
const CONCURRENCY = 8
const TIMEOUT_MS = 60_000
/** Distance between the instants of two turns, longer than the span of one turn's requests. */
const TURN_MS = 600_000
/** Distance between the instants of the two loads, which share series. */
const APART_MS = 6 * 3_600_000

/** Its rows are named `protocols.<protocol>.batch-10000.c8`. */
export function foreignWriting(protocol: ForeignProtocol): Experiment {
  const name = `protocols.${protocol}.batch-${POINTS}.c${CONCURRENCY}`
  return {
    names: [name],
    what: `batches of ${POINTS} by ${protocol}, compared with our own JSON, by ${CONCURRENCY} clients`,
    isHeavy: true,
    run: async (bench) => [await measure(bench, name, protocol)],
  }
}

async function measure(bench: Bench, name: string, protocol: ForeignProtocol): Promise<Row> {
  await using parts = new AsyncDisposableStack()
  await clearPoints(bench.stage)
  const instance = parts.adopt(await bench.stage.start('metrics-ingest'), (one) => one.stop())
  const count = instance.countConnections()
  const begin = Date.now() - 2 * APART_MS
  const foreign = inTurns(bench, instance.port, { kind: 'foreign', protocol, points: POINTS }, begin)
  const own = inTurns(bench, instance.port, { kind: 'batch', points: POINTS }, begin + APART_MS)
  const [slices = [], limit = []] = await takeTurns([foreign, own], bench.turns)
  const connections = await count()
  const lost = Math.max(0, foreign.acknowledged() + own.acknowledged() - (await storedPoints(bench.stage)))
  return toRow({ name, unit: 'points/s', slices, limit, peakRssMb: instance.peakRssMb(), connections, lost })
}

/** The generator runs one load at a time, so each turn opens it again, with other instants. */
function inTurns({ stage, load }: Bench, port: number, recipe: Recipe, begin: number): Load {
  let beginMs = begin
  let acknowledged = 0
  const run: Subject['run'] = async (ms) => {
    const authorization = stage.authorizationFor('metrics-ingest')
    const opened = await load.open({
      port,
      concurrency: CONCURRENCY,
      recipe,
      authorization,
      beginMs,
      timeoutMs: TIMEOUT_MS,
    })
    beginMs += TURN_MS
    const slice = await opened.run(ms)
    acknowledged += opened.acknowledged()
    return slice
  }
  return { run, acknowledged: () => acknowledged }
}
