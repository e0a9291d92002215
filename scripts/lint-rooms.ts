// npm run lint:rooms: writes the linter's overrides into .oxlintrc.json, from the table in scripts/house/rooms.ts.
import { join } from 'node:path'
import { lintRoomsCommand } from './house/lint-settings.ts'

lintRoomsCommand(join(import.meta.dirname, '..'))
