// The tables that this slice owns, and those that it uses. Every deployment adds entries; nobody changes one.
import type { SliceData } from '@penstock/shared/base/slice-data.ts'

const isTheLog = { unaudited: 'It is the audit log itself.' }
const outlives = 'It proves what was done, an erasure too, and holds no text of a person.'
/** Seals are deleted long after the entries that they contain. */
const SEAL_DAYS = 800

export const data = {
  owns: {
    audit_entry: {
      grants: { select: true },
      audit: isTheLog,
      outlives,
      ages: { by: 'at', days: 400, policy: 'audit', archived: 'audit' },
    },
    audit_seal: {
      grants: { select: true },
      tenant: null,
      audit: isTheLog,
      ages: { by: 'sealed_at', days: SEAL_DAYS, policy: 'audit_seals' },
    },
    audit_seal_part: {
      grants: { select: true },
      audit: isTheLog,
      outlives,
      ages: { by: 'sealed_at', days: SEAL_DAYS, policy: 'audit_seal_parts' },
    },
    audit_seal_copy: {
      grants: {},
      tenant: null,
      audit: isTheLog,
      ages: { by: 'stored_at', days: SEAL_DAYS, policy: 'audit_seal_copies' },
    },
    audit_kept: { grants: { select: true }, tenant: null, audit: isTheLog },
  },
  uses: {
    tenant: { select: true },
    job_run: { select: true, insert: true, update: true },
  },
} as const satisfies SliceData
