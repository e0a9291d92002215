// npm run openapi: writes openapi.json, the API document, from the contracts.
import { openapiCommand } from './deploy/openapi/openapi-command.ts'

await openapiCommand()
