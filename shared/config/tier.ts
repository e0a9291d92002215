// The sizes in which the suite is deployed; connection-budget.json has a budget of each.

export const tierNames = ['small', 'standard', 'large'] as const
export type Tier = (typeof tierNames)[number]
