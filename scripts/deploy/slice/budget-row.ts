// The row of a new slice in connection-budget.json.
import { tierNames } from '@penstock/shared/config/tier.ts'

/** The deployment that serves the slices of tenants in the smallest tier. */
const GROUP = 'app'

/**
 * Adds a slice to each tier: to the deployment of grouped slices where the tier has one, else as a deployment of its own with one
 * connection. Changes no other line of the text.
 */
export function withSlice(text: string, name: string): string {
  const tiers = text.split(/^(?= {4}"(?:small|standard|large)": \{$)/m)
  return tiers
    .map((tier) => (tierNames.some((it) => tier.startsWith(`    "${it}"`)) ? added(tier, name) : tier))
    .join('')
}

function added(tier: string, name: string): string {
  const grouped = new RegExp(`^( {8}"${GROUP}": \\{ "slices": \\[[^\\]]*)\\]`, 'm')
  if (grouped.test(tier)) return tier.replace(grouped, `$1, "${name}"]`)
  const row = `        "${name}": { "slices": ["${name}"], "instances": 1, "pool": 1 }`
  return tier.replace(/(\n {8}"[^\n]*\})\n {6}\}/, `$1,\n${row}\n      }`)
}
