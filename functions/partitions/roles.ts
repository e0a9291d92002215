// Finds, restores and reports logins that changed their own password or settings.

import { logger } from '@penstock/shared/base/logger.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { ReadSalt } from '@penstock/shared/database/login-salt.ts'
import type { Finding } from './contract.ts'
import { type RoleSalt, restoreRoles, selectRoleSalts } from './role-queries.ts'

export interface RoleDeps {
  readonly db: PenstockDatabase
  readonly readSalt: ReadSalt
}

/**
 * Returns one finding for each login that differed from its record, after it was restored and its sessions were ended. A failure is
 * logged and does not stop the run: the next one tries again. Safe to repeat.
 */
export async function watchRoles(deps: RoleDeps): Promise<Finding[]> {
  try {
    const salts = await deps.db.readAll((tx) => selectRoleSalts(tx))
    const others: string[] = []
    // Sequential, because each check is a connection for as long as the server takes to answer.
    for (const expected of salts) if (await isOther(deps, expected)) others.push(expected.role)
    const restored = await deps.db.writeAll((tx) => restoreRoles(tx, others))
    return restored.map(({ role, changed, sessions }) => {
      logger.error({ role, changed, sessions }, 'partitions.role_changed')
      const detail = `its ${changed.join(' and ')} had been changed and were restored; sessions ended: ${sessions}`
      return { code: 'role_changed', table: role, detail }
    })
  } catch (error) {
    logger.error({ err: error }, 'partitions.role_watch_failed')
    return []
  }
}

/** A login whose salt cannot be read does not count as changed; its password is set again in any case. */
async function isOther({ readSalt }: RoleDeps, { role, salt, iterations }: RoleSalt): Promise<boolean> {
  try {
    const found = await readSalt(role)
    return found !== undefined && (found.salt !== salt || found.iterations !== iterations)
  } catch (error) {
    logger.warn({ err: error, role }, 'partitions.role_not_asked')
    return false
  }
}
