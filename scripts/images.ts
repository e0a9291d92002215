// npm run images: which container images the project builds with, and with `pin`, their digests written where they are named.
import { imagesCommand } from './deploy/images-command.ts'

process.exitCode = await imagesCommand(process.argv.slice(2))
