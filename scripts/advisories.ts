// npm run advisories: whether a package that is deployed has a known vulnerability. Asks the npm registry, and changes nothing.
import { advisoriesCommand } from './deploy/advisories-command.ts'

await advisoriesCommand()
