// npm run schema: writes migrations/schema.sql, the result of all migrations, from the catalogue.
import { schemaSqlCommand } from './database/schema-sql.ts'

await schemaSqlCommand()
