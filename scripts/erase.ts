// npm run erase: erases one user's feedback, or some series of a tenant, wherever they are.
import { eraseCommand } from './data/erase/erase-command.ts'

await eraseCommand(process.argv.slice(2))
