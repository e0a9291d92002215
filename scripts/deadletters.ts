// npm run deadletters: lists, shows, replays and discards messages that could not be stored.
import { deadlettersCommand } from './data/dead-letters/deadletters-command.ts'

await deadlettersCommand(process.argv.slice(2))
