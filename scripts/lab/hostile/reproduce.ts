// How a request that broke a rule is sent again.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Arguments } from './arguments.ts'
import type { HostileRequest } from './hostile-request.ts'

const SHOWN_BYTES = 1_000

/** Lines for a person: the command that makes the request again, and its very bytes. Long ones are put into a file of `folder`. */
export function howToRepeat(
  request: HostileRequest,
  { seed, only }: Pick<Arguments, 'seed' | 'only'>,
  port: number,
  folder: string,
): readonly string[] {
  const again = `npm run test:hostile -- --seed ${seed}${only === undefined ? '' : ` --only ${only}`} --at ${request.index}`
  return [
    `again: ${again}`,
    `bytes: ${bytesOf(request, folder)} | nc ${request.manner === 'kept' ? '' : '-N '}127.0.0.1 ${port}`,
  ]
}

function bytesOf({ index, bytes }: HostileRequest, folder: string): string {
  if (bytes.length <= SHOWN_BYTES) return `echo ${bytes.toString('hex')} | xxd -r -p`
  const file = join(folder, `request-${index}.bin`)
  writeFileSync(file, bytes)
  return `cat ${file}`
}
