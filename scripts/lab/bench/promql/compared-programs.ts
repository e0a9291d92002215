// Prometheus and VictoriaMetrics for comparison, where the machine has them: Debian's packages prometheus and victoria-metrics.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../../database/postgres.ts'
import { isAnswered, type OtherProgram, startOther } from '../other-program.ts'

export type ComparedName = 'prometheus' | 'victoria-metrics'

/** A program that answers PromQL and takes remote writes. */
export interface ComparedProgram extends OtherProgram {
  readonly url: string
}

/** The options of each program. VictoriaMetrics caches results, which a benchmark would measure. */
const options: Readonly<Record<ComparedName, (folder: string, address: string) => readonly string[]>> = {
  prometheus: (folder, address) => [
    '--web.enable-remote-write-receiver',
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=${address}`,
  ],
  'victoria-metrics': (folder, address) => [
    `-storageDataPath=${folder}/data`,
    `-httpListenAddr=${address}`,
    '-search.disableCache',
    '-retentionPeriod=12',
  ],
}

/** Starts a program with an empty folder; returns undefined when the machine does not have it. @throws {Error} when it does not answer. */
export async function startCompared(name: ComparedName): Promise<ComparedProgram | undefined> {
  const address = `127.0.0.1:${await freePort()}`
  const url = `http://${address}`
  const program = await startOther({
    command: name,
    prepare(folder) {
      writeFileSync(join(folder, 'prometheus.yml'), '{}')
      return options[name](folder, address)
    },
    isReady: () => isAnswered(`${url}/api/v1/query?query=1`),
  })
  return program && { ...program, url }
}
