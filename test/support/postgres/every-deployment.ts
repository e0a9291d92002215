// The budget of the tests' server.
import { budget, type ConnectionBudget } from '@penstock/shared/database/connection-budget.ts'

/** The budget with the deployments of every tier as those of `large`: what is tested runs as any of them. */
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
