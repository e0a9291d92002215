// Connects to a copy of the database that was restored from a backup, as the same user. The copy has a server of its own, so its connections do
// not count in the budget.
import type { DatabaseConfig } from '../config/config.ts'
import { type OnOwnConnection, ownConnection } from './own-connection.ts'

/** The address of a restored copy. */
export interface CopyPlace {
  readonly address: string
  /** The CA (PEM) of its server, in the place of the CA of the database; unused where the database is reached without one. */
  readonly ca: string | undefined
  /** `project:region:instance`, for the connector. */
  readonly connectionName: string
}

/** Makes the function that connects to a copy. An attempt to connect is repeated for at most `longestMs` milliseconds. */
export type OnCopy = (place: CopyPlace, longestMs: number) => OnOwnConnection

/** Connects as the function does, to another server. */
export const copyOpener =
  (functionName: string, config: DatabaseConfig): OnCopy =>
  (place, longestMs) =>
    ownConnection(functionName, 'copy', configOfCopy(config, place), longestMs)

/** The settings of a connection to the copy. */
function configOfCopy(config: DatabaseConfig, { address, ca, connectionName }: CopyPlace): DatabaseConfig {
  if (config.cloudSql) return { ...config, cloudSql: { ...config.cloudSql, instance: connectionName } }
  const url = new URL(config.url.replace('@/', '@localhost/'))
  url.hostname = address.includes(':') ? `[${address}]` : address
  return { ...config, url: url.href, ca: config.ca === undefined ? undefined : ca }
}
