// The budget of the tests' server.
import { budget, type ConnectionBudget } from '@penstock/shared/database/connection-budget.ts'

/** A budget whose tier `large` has the deployments of all tiers, so that tests can connect as any of them. */
export const everyDeployment: ConnectionBudget = {
  ...budget,
  tiers: {
    ...budget.tiers,
    large: {
      ...budget.tiers.large,
      deployments: { ...budget.tiers.small.deployments, ...budget.tiers.large.deployments },
    },
  },
}
