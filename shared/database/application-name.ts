// The name under which a session of a function appears in pg_stat_activity.
import { randomUUID } from 'node:crypto'

/** Identifies this instance of a deployment, in its report and in its sessions. It is drawn when the process starts. */
export const instanceId = randomUUID()

/** The part of an instance's id that the names of its sessions contain. */
export const shortInstance = (id: string): string => id.slice(0, 8)

/** `<deployment>/<instance>`, and the purpose of a connection outside the pool. */
export const applicationName = (deployment: string, purpose?: string): string =>
  `${deployment}/${shortInstance(instanceId)}${purpose === undefined ? '' : ` ${purpose}`}`
