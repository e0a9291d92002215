// npm run routes: writes terraform/routes.json, the load balancer's rules, from the route table that the local gateway uses.
import { terraformRoutesCommand } from './deploy/terraform-routes.ts'

await terraformRoutesCommand()
