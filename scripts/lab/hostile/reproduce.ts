// Describes how to send a request that broke a rule again.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Arguments } from './arguments.ts'
import type { HostileRequest } from './hostile-request.ts'

const SHOWN_BYTES = 1_000

/**
 * Returns lines for a person: the command that makes the request again, and its exact bytes. Long ones are written to a file in `folder`.
 */
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
