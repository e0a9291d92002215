// npm run deploy:check: checks a project before a deployment, and a deployed suite after it. Changes nothing.
import { deployCheckCommand } from './deploy/check/deploy-check-command.ts'

process.exitCode = await deployCheckCommand(process.argv.slice(2))
