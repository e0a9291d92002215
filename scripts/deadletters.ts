// npm run deadletters: what could not be stored, for a person to look at, push again, or throw away.
import { deadlettersCommand } from './data/dead-letters/deadletters-command.ts'

await deadlettersCommand(process.argv.slice(2))
