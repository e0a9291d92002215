// Logins that changed their own password or settings are found, set back and reported

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
 * One finding for each login that was not as its command made it, after it was set back and its sessions were ended. A failure is logged
 * and stops nothing: the next run tries again. Safe to repeat.
 */
export async function watchRoles(deps: RoleDeps): Promise<Finding[]> {
  try {
    const salts = await deps.db.inTransaction((tx) => selectRoleSalts(tx), { readOnly: true })
    const others: string[] = []
    // One after the other: each is a connection for as long as the server takes to answer.
    for (const expected of salts) if (await isOther(deps, expected)) others.push(expected.role)
    const restored = await deps.db.inTransaction((tx) => restoreRoles(tx, others))
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

/** What cannot be asked is not taken for changed: the password is set again anyway. */
async function isOther({ readSalt }: RoleDeps, { role, salt, iterations }: RoleSalt): Promise<boolean> {
  try {
    const found = await readSalt(role)
    return found !== undefined && (found.salt !== salt || found.iterations !== iterations)
  } catch (error) {
    logger.warn({ err: error, role }, 'partitions.role_not_asked')
    return false
  }
}
