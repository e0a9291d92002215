// The rows of a resource that a caller may see, as a condition of its statements.
import { type RawBuilder, sql } from 'kysely'
import type { Definition, Field, Parent } from './definition.ts'
import { own, parameter } from './resource-columns.ts'

/** The rows that a caller may see: those of its tenant, of its owner where the resource has owners, and of the parent that it names. */
export interface RowScope {
  readonly tenantId: number
  readonly owner: string
  readonly parentId: string | undefined
}

/** The type of the column with the ids of a resource or of a parent. */
export const idField = ({ id = 'int' }: Pick<Definition | Parent, 'id'>): Pick<Field, 'type'> => ({
  type: typeof id === 'object' ? 'text' : id,
})

/** Conditions that all hold. */
export const conjunction = (parts: readonly RawBuilder<unknown>[]): RawBuilder<unknown> => sql.join(parts, sql` and `)

/** The rows of a scope that are not deleted. */
export function visible(definition: Definition, { tenantId, owner, parentId }: RowScope): RawBuilder<unknown> {
  const { owned, parent } = definition
  return conjunction([
    sql`${own(definition, 'tenant_id')} = ${tenantId}::int`,
    ...(owned ? [sql`${own(definition, 'owner')} = ${owner}::text`] : []),
    ...(parent && parentId !== undefined
      ? [sql`${own(definition, parent.column)} = ${parameter(idField(parent), parentId)}`]
      : []),
    sql`${own(definition, 'deleted_at')} is null`,
  ])
}
