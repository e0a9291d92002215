// The operations of the local Cloud SQL Admin API: PENDING, RUNNING, DONE; one at a time for each instance.
import { randomUUID } from 'node:crypto'
import { inProgress } from './error.ts'

export type OperationType = 'CREATE' | 'DELETE' | 'BACKUP_VOLUME' | 'RESTORE_VOLUME' | 'EXPORT'

interface LocalOperation {
  readonly name: string
  readonly operationType: OperationType
  readonly targetId: string
  readonly insertTime: string
  readonly more: object
  status: 'PENDING' | 'RUNNING' | 'DONE'
  endTime?: string
  error?: string
}

export interface Operations {
  /** Begins an operation, and answers it. @throws {AdminError} 409 while another one of this instance is under way. */
  begin(type: OperationType, target: string, work: () => Promise<void>, more?: object): object
  /** Lists operations, the newest first; of one instance where it is given. */
  list(target: string | undefined): readonly object[]
  find(name: string): object | undefined
  /** Resolves when nothing is under way. */
  settled(): Promise<void>
}

const KEPT = 200

/** Makes an empty list. Called with what failed, because the caller of an operation has its answer already. */
export function openOperations(project: string, clock: () => number, failed: (text: string) => void): Operations {
  const all: LocalOperation[] = []
  const underWay = new Map<string, Promise<void>>()
  const now = (): string => new Date(clock()).toISOString()
  const resourceOf = (operation: LocalOperation): object => describe(project, operation)
  const run = async (operation: LocalOperation, work: () => Promise<void>): Promise<void> => {
    await Promise.resolve()
    operation.status = 'RUNNING'
    try {
      await work()
    } catch (error) {
      operation.error = (error as Error).message
      failed(`${operation.operationType} of ${operation.targetId} failed: ${operation.error}`)
    }
    operation.endTime = now()
    operation.status = 'DONE'
    underWay.delete(operation.targetId)
  }
  return {
    begin(operationType, targetId, work, more = {}) {
      if (underWay.has(targetId)) throw inProgress()
      const operation: LocalOperation = {
        name: randomUUID(),
        operationType,
        targetId,
        insertTime: now(),
        more,
        status: 'PENDING',
      }
      all.unshift(operation)
      all.splice(KEPT)
      const answer = resourceOf(operation)
      underWay.set(targetId, run(operation, work))
      return answer
    },
    list: (target) => all.filter(({ targetId }) => target === undefined || targetId === target).map(resourceOf),
    find(name) {
      const found = all.find((it) => it.name === name)
      return found && resourceOf(found)
    },
    settled: async () => void (await Promise.all(underWay.values())),
  }
}

function describe(project: string, { error, more, ...operation }: LocalOperation): object {
  const errors = [{ kind: 'sql#operationError', code: 'INTERNAL_ERROR', message: error }]
  return {
    kind: 'sql#operation',
    targetProject: project,
    ...operation,
    ...more,
    ...(error === undefined ? {} : { error: { kind: 'sql#operationErrors', errors } }),
  }
}
