// The name under which a session of a function appears in pg_stat_activity.
import { randomBytes } from 'node:crypto'

/** Distinguishes the instances of a deployment. It is drawn when the process starts. */
const instance = randomBytes(4).toString('hex')

/** `<deployment>/<instance>`, and the purpose of a connection outside the pool. */
export const applicationName = (deployment: string, purpose?: string): string =>
  `${deployment}/${instance}${purpose === undefined ? '' : ` ${purpose}`}`
