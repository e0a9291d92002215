// Plans over states: of the previous release, and of an apply a moment ago. And Terraform's own tests.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasTerraform, openTerraform, type Plan } from './terraform-plan.ts'

const LONG_MS = 240_000
/** Some forty plans, one after the other. */
const TESTS_MS = 600_000

describe.skipIf(!hasTerraform)('terraform', () => {
  let terraform: Awaited<ReturnType<typeof openTerraform>>
  beforeAll(async () => {
    terraform = await openTerraform()
  })
  afterAll(() => terraform.close())

  it.each([
    // The small tier of the release before had a function for each slice.
    ['small', { leaving: ['backfill', 'feedback', 'partitions'] }],
    ['large', { gateway_domain: 'metrics.example.com', notification_emails: ['on-call@example.com'] }],
  ])('destroys nothing that the release before made in the tier %s', { timeout: LONG_MS }, async (tier, variables) => {
    const workspace = await terraform.workspace()
    try {
      copyFileSync(
        join(import.meta.dirname, `terraform-before-${tier}.json`),
        join(workspace.folder, 'terraform.tfstate'),
      )
      const plan = await workspace.plan({ file: `env/${tier}.tfvars`, variables })

      // The slice of this function is gone: compaction does its work, and its data is that of points.
      expect(changed(plan, 'delete').filter((address) => !/\["rollups"\]/.test(address))).toEqual([])
      // Only what other resources took the place of, and what the guide says how to remove.
      expect(
        changed(plan, 'forget').every((address) => /alert_policy\.(latency|errors)$|build_\w+_before$/.test(address)),
      ).toBe(true)
      // The release before has no alerts, no audit, no backups, no carbon, no compaction, no console, no identity, no monitoring with its topic,
      // no productions, and in the small tier no grouped functions.
      expect(
        changed(plan, 'create').filter(
          (address) =>
            /sql|bucket\.|secret|topic|cloudfunctions2/.test(address) &&
            !/\["(alerts|audit|backup|carbon|compaction|console|identity|monitoring|operations|productions|app|storage)"\]|topic\.suite$|bucket\.(audit|backups)$/.test(
              address,
            ),
        ),
      ).toEqual([])
    } finally {
      workspace.close()
    }
  })

  it('keeps the grouped functions of the small tier until they may leave', { timeout: LONG_MS }, async () => {
    const workspace = await terraform.workspace()
    try {
      await workspace.apply({ file: 'env/small.tfvars' })
      const regrouped = await workspace.plan({
        file: 'env/standard.tfvars',
        variables: { leaving: ['app', 'operations', 'storage'] },
      })
      const left = await workspace.plan({ file: 'env/standard.tfvars' })

      expect(changed(regrouped, 'delete')).toEqual([])
      expect(functions(changed(regrouped, 'create'))).toEqual([
        'alerts',
        'audit',
        'backfill',
        'backup',
        'carbon',
        'compaction',
        'feedback',
        'identity',
        'monitoring',
        'partitions',
        'productions',
      ])
      // Without the list the functions go, and the data stays.
      expect(functions(changed(left, 'delete'))).toEqual(['app', 'operations', 'storage'])
      expect(
        changed(left, 'delete').filter((address) => /sql_database|bucket\.|topic\.|secret\./.test(address)),
      ).toEqual([])
    } finally {
      workspace.close()
    }
  })

  it('has nothing to change after an apply, and trusts the CA that is to come', { timeout: LONG_MS }, async () => {
    const workspace = await terraform.workspace()
    try {
      const options = { file: 'env/standard.tfvars', variables: { gateway_domain: 'metrics.example.com' } }
      await workspace.apply(options)
      const plan = await workspace.plan(options)

      expect(plan.changes).toEqual([])
      const trusted = plan.resources
        .filter(({ type }) => type === 'google_cloudfunctions2_function')
        .map(({ values }) => values['service_config'] as { environment_variables: Record<string, string> }[])
        .filter(([service]) => service?.environment_variables['DATABASE_URL'] !== undefined)
        .map(([service]) => service?.environment_variables['DATABASE_CA'])
      expect(trusted.length).toBeGreaterThan(0)
      expect(new Set(trusted)).toEqual(new Set(['ACTIVE\nUPCOMING']))
    } finally {
      workspace.close()
    }
  })

  // .ci/run makes it a step of its own.
  it.skipIf(process.env['TERRAFORM_CHECKED'] !== undefined)(
    'finds the configuration formatted, valid, and as its own tests want it',
    { timeout: TESTS_MS },
    async () => {
      const workspace = await terraform.workspace()
      try {
        expect(await workspace.run('fmt', '-check', '-recursive')).toBe('')
        await workspace.run('init', '-input=false')
        expect(await workspace.run('validate', '-no-color')).toContain('Success!')
        expect(await workspace.run('test', '-no-color')).toMatch(/Success! \d+ passed, 0 failed/)
      } finally {
        workspace.close()
      }
    },
  )
})

/** The names of the functions among addresses, sorted. */
const functions = (addresses: readonly string[]): string[] =>
  addresses.flatMap((address) => /\["(.+?)"\]\.google_cloudfunctions2_function\./.exec(address)?.[1] ?? []).toSorted()

const changed = ({ changes }: Plan, action: string): string[] =>
  changes.filter(({ actions }) => actions.includes(action)).map(({ address }) => address)
