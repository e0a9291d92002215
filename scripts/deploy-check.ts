// npm run deploy:check: whether a project is fit to deploy to, and whether what is deployed is as it should be. Changes nothing.
import { deployCheckCommand } from './deploy/check/deploy-check-command.ts'

process.exitCode = await deployCheckCommand(process.argv.slice(2))
