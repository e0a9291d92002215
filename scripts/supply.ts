// npm run advisories, npm run images: check the project's parts. `images` lists container images, and with `pin` writes their digests;
// `advisories` asks the npm registry whether a deployed package has a known vulnerability.
import { advisoriesCommand } from './deploy/advisories-command.ts'
import { imagesCommand } from './deploy/images-command.ts'

const [command, ...args] = process.argv.slice(2)
if (command === 'images') process.exitCode = await imagesCommand(args)
else await advisoriesCommand()
