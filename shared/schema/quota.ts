/** The amount of one kind that a tenant has stored, split into parts to avoid contention. Triggers maintain it. */
export interface TenantUsageTable {
  readonly tenant_id: number
  readonly kind: string
  readonly part: number
  readonly row_count: string
  readonly byte_count: string
}

/** A tenant's own limit for a kind, where it differs from the default. */
export interface TenantQuotaTable {
  readonly tenant_id: number
  readonly kind: string
  max_rows: string | null
  max_bytes: string | null
}
