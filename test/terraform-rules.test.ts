// terraform/rules over what Terraform would make. With mistakes planted in copies of the files, each is found by its rule.
import { readdirSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tierNames } from '@penstock/shared/config/tier.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resourcesOf } from '../scripts/deploy/plan/resources.ts'
import { resourcesOfPlan } from './terraform-costs.ts'
import { mistakes } from './terraform-mistakes.ts'
import { edit, hasTerraform, openTerraform, type Workspace } from './terraform-plan.ts'
import { RULES, readRules } from './terraform-rule.ts'
import { findings } from './terraform-rules.ts'
import { suiteOfFiles, suiteOfPlan } from './terraform-suite.ts'

const folder = join(import.meta.dirname, '../terraform')
const PLAN_MS = 120_000

describe('the rules', () => {
  it('each name where Google says so', () => {
    for (const file of readdirSync(RULES)) {
      const rules = readRules<object>(file.replace('.json', ''))
      expect(withoutSource(rules), file).toEqual([])
    }
  })
})

describe('the files, read without Terraform', () => {
  it('keep the rules', () => {
    expect(findings(suiteOfFiles(folder))).toEqual([])
  })

  it.each(mistakes.filter(({ isPlain }) => isPlain))('show that $name', async ({ file, from, to, rule }) => {
    const home = await mkdtemp(join(tmpdir(), 'penstock-mistake-'))
    try {
      await cp(folder, home, { recursive: true })
      edit(home, file, from, to)
      expect(findings(suiteOfFiles(home)).map((finding) => finding.rule)).toContain(rule)
    } finally {
      await rm(home, { recursive: true })
    }
  })
})

describe.skipIf(!hasTerraform)('a plan', () => {
  let terraform: Awaited<ReturnType<typeof openTerraform>>
  let workspace: Workspace
  const everything = { gateway_domain: 'metrics.example.com', publishers: ['group:devices@example.com'] }
  const check = async (variables: Readonly<Record<string, unknown>> = {}) => {
    const plan = await workspace.plan({ file: 'env/large.tfvars', variables: { ...everything, ...variables } })
    return findings(suiteOfPlan(plan, await workspace.graph()))
  }

  beforeAll(async () => {
    terraform = await openTerraform()
    workspace = await terraform.workspace()
  })
  afterAll(() => {
    workspace.close()
    terraform.close()
  })

  it.each(tierNames)(
    'of the tier %s keeps the rules, and costs what is computed',
    { timeout: PLAN_MS },
    async (tier) => {
      const plan = await workspace.plan({ file: `env/${tier}.tfvars` })
      expect(findings(suiteOfPlan(plan, await workspace.graph()))).toEqual([])
      const { machine, ...computed } = resourcesOf(tier)
      expect(resourcesOfPlan(plan)).toEqual({ ...computed, machine: machine.type })
    },
  )

  it('of everything keeps the rules', { timeout: PLAN_MS }, async () => {
    expect(await check()).toEqual([])
  })

  it.each(mistakes)('shows that $name', { timeout: PLAN_MS }, async ({ file, from, to, rule, variables }) => {
    edit(workspace.folder, file, from, to)
    try {
      expect((await check(variables)).map((finding) => finding.rule)).toContain(rule)
    } finally {
      await cp(join(folder, file), join(workspace.folder, file))
    }
  })
})

/** Rules of a file, or of a list in it, without a source of their own or of what they are in. */
function withoutSource(rules: object, inherited = false): string[] {
  const has = inherited || typeof (rules as { source?: unknown }).source === 'string'
  if (has) return (rules as { source?: string }).source?.startsWith('https://') === false ? [JSON.stringify(rules)] : []
  const below = Object.values(rules).filter((value) => typeof value === 'object' && value !== null) as object[]
  if (below.length === 0) return [JSON.stringify(rules)]
  return below.flatMap((value) =>
    Array.isArray(value) && value.every((one) => typeof one === 'string') ? [] : withoutSource(value),
  )
}
