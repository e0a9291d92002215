/** How much a tenant has stored of a kind, in parts; kept by triggers. */
export interface TenantUsageTable {
  readonly tenant_id: number
  readonly kind: string
  readonly part: number
  readonly row_count: string
  readonly byte_count: string
}

/** A tenant's own limit of a kind, where it is not the default. */
export interface TenantQuotaTable {
  readonly tenant_id: number
  readonly kind: string
  max_rows: string | null
  max_bytes: string | null
}
