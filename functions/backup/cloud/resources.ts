// The resources of the Cloud SQL Admin API, as the rules of backups need them.
import type { protos } from '@google-cloud/sql'

type Sql = typeof protos.google.cloud.sql.v1
type SqlInstance = InstanceType<Sql['DatabaseInstance']> | protos.google.cloud.sql.v1.IDatabaseInstance
type SqlBackup = protos.google.cloud.sql.v1.IBackupRun
type SqlOperation = protos.google.cloud.sql.v1.IOperation
type Timestamp = protos.google.protobuf.ITimestamp

export interface Instance {
  readonly name: string
  /** True when it accepts connections. */
  readonly runs: boolean
  /** In milliseconds since 1970. */
  readonly createdAt: number
  /** Its private address; its first one where it has none. */
  readonly address: string
  readonly ca: string | undefined
  readonly connectionName: string
  /** The answer of the service, from which another instance of its kind is made. */
  readonly resource: protos.google.cloud.sql.v1.IDatabaseInstance
}

export interface Backup {
  readonly id: string
  readonly state: 'waiting' | 'successful' | 'failed'
  /** In milliseconds since 1970; 0 before its end. */
  readonly endedAt: number
  readonly reason: string
}

const operationTypes = ['CREATE', 'DELETE', 'BACKUP_VOLUME', 'RESTORE_VOLUME', 'EXPORT'] as const

export interface Operation {
  readonly type: (typeof operationTypes)[number] | undefined
  readonly done: boolean
  /** When it was asked for, in milliseconds since 1970. */
  readonly at: number
  /** The reason of its failure; undefined when it did not fail. */
  readonly error: string | undefined
  /** The object of an export. */
  readonly uri: string | undefined
}

/** An instance as the service answers it. */
export function toInstance(resource: SqlInstance): Instance {
  const addresses = resource.ipAddresses ?? []
  const address = addresses.find(({ type }) => type === 'PRIVATE') ?? addresses[0]
  return {
    name: asText(resource.name),
    runs: resource.state === 'RUNNABLE',
    createdAt: toMs(resource.createTime),
    address: asText(address?.ipAddress),
    ca: resource.serverCaCert?.cert ?? undefined,
    connectionName: asText(resource.connectionName),
    resource,
  }
}

const ENDED: readonly unknown[] = ['FAILED', 'SKIPPED', 'DELETION_FAILED', 'DELETED', 'DELETION_PENDING']

/** A backup as the service answers it. */
export function toBackup({ id, status, endTime, error }: SqlBackup): Backup {
  const failed = ENDED.includes(status) ? 'failed' : 'waiting'
  return {
    id: String(id ?? ''),
    state: status === 'SUCCESSFUL' ? 'successful' : failed,
    endedAt: toMs(endTime),
    reason: asText(error?.message ?? error?.code),
  }
}

/** An operation as the service answers it. */
export function toOperation({ operationType, status, insertTime, error, exportContext }: SqlOperation): Operation {
  const reasons = (error?.errors ?? []).map(({ code, message }) => [code, message].filter(Boolean).join(': '))
  return {
    type: operationTypes.find((type) => type === operationType),
    done: status === 'DONE',
    at: toMs(insertTime),
    error: reasons.length > 0 ? reasons.join('; ') : undefined,
    uri: exportContext?.uri ?? undefined,
  }
}

/** The text of an optional field. */
export const asText = (value: string | null | undefined): string => value ?? ''

const toMs = (time: Timestamp | null | undefined): number =>
  time ? Number(time.seconds ?? 0) * 1_000 + Math.floor((time.nanos ?? 0) / 1_000_000) : 0
