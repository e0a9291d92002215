// The roles of the audit log, and what they may do.
import { type Privilege, privilegesOf } from './grants.ts'

/** Reads the audit log of every tenant, and adds seals. It cannot log in. Functions that serve the log take it for single transactions. */
export const AUDITOR = 'penstock_auditor'
/** Owns the functions by which triggers write to the audit log. It cannot log in, and no role is a member of it. */
export const AUDIT_WRITER = 'penstock_audit_writer'

export const AUDIT_FUNCTIONS: readonly string[] = ['audit_change()', 'audit_fitting(jsonb)']

/** The columns of the audit log that an operation fills in; the others have defaults that say who and when. */
export const RECORDED = ['tenant_id', 'action', 'object_type', 'object_id', 'outcome', 'after']

export const auditGrants: readonly (readonly [role: string, privileges: readonly Privilege[]])[] = [
  [
    AUDITOR,
    privilegesOf({
      tenant: { select: true },
      store_state: { select: true },
      audit_entry: { select: true, insert: RECORDED },
      audit_seal: { select: true, insert: true },
      audit_seal_part: { select: true, insert: true },
      audit_seal_copy: { select: true, insert: ['seal_id'] },
      audit_kept: { select: true },
    }),
  ],
  [AUDIT_WRITER, privilegesOf({ audit_entry: { insert: [...RECORDED, 'before'] } })],
]

/** The `role table` pairs in which the roles see every row. */
export const auditPolicies: readonly string[] = [
  ...['tenant', 'audit_entry', 'audit_seal_part'].map((table) => `${AUDITOR} ${table}`),
  `${AUDIT_WRITER} audit_entry`,
]
