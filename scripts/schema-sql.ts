// npm run schema: writes migrations/schema.sql, what all migrations together come to, as the catalogue tells it.
import { schemaSqlCommand } from './database/schema-sql.ts'

await schemaSqlCommand()
