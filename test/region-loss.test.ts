// The commands of the playbook "a region is gone", run in their order against a fake that keeps users and passwords.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const playbook = readFileSync(join(import.meta.dirname, '../docs/playbooks/region-loss.md'), 'utf8')
const restore = /^## 2\. Restore\n([\s\S]*?)^## 3/m.exec(playbook)?.[1] ?? ''
const commands = [...restore.matchAll(/^```\n([\s\S]*?)^```$/gm)].flatMap(([, block]) => block ?? []).join('\n')

/** Changes that gcloud, terraform and npm would make: passwords and users of the new database, and the resources of the new suite. */
const FAKE = `
const fs = require('node:fs')
const path = process.env.FAKE_STATE
const state = JSON.parse(fs.readFileSync(path, 'utf8'))
const [program, ...args] = [process.env.FAKE_PROGRAM, ...process.argv.slice(2)]
const fail = (message) => { console.error(message); process.exit(1) }
const line = args.join(' ')
const env = process.env
state.done.push(program + ' ' + line)
if (program === 'terraform' && args.includes('init')) state.initialised = true
if (program === 'terraform' && args.includes('apply')) {
  if (!state.initialised) fail('Backend initialization required')
  if (env.TF_VAR_name_prefix === 'penstock') fail('409: the name is taken')
  const targets = args.filter((arg) => arg.startsWith('-target='))
  if (line.includes('repository') || targets.length === 0) state.repository = true
  if (line.includes('bundles') || targets.length === 0) state.bundles = true
  if (line.includes('job.admin') || targets.length === 0) {
    if (!/@sha256:/.test(env.TF_VAR_admin_image ?? '')) fail('admin_image is not set')
    const version = Number(/postgres_password_version=(\\d+)/.exec(line)?.[1] ?? 1)
    if (state.version !== version) state.secret = state.password = 'drawn-' + version
    state.version = version
    state.job = true
    state.users = ['moved']
  }
}
if (program === 'gcloud' && line.startsWith('builds submit')) {
  if (!state.repository || !state.bundles) fail('the repository or the bucket is not there')
  state.image = true
}
if (program === 'gcloud' && line.startsWith('artifacts docker images describe')) {
  if (!state.image) fail('there is no image')
  console.log('sha256:' + '0'.repeat(64))
}
if (program === 'gcloud' && line.startsWith('sql backups list')) console.log('1700000000000')
if (program === 'gcloud' && line.startsWith('sql backups restore')) {
  if (!state.job) fail('there is no instance to restore to')
  state.password = 'of-the-lost-region'
  state.users = ['penstock']
  state.points = true
}
if (program === 'gcloud' && line.startsWith('run jobs execute')) {
  if (!state.job) fail('there is no job')
  if (state.password !== state.secret) fail('28P01: password authentication failed for user "postgres"')
  if (!state.users.includes('moved')) fail('there is no IAM user moved: add it to the instance first')
  state.migrated = state.points
}
if (program === 'npm' && line.startsWith('run deploy:check') && !state.migrated) fail('the suite is not there')
fs.writeFileSync(path, JSON.stringify(state))
`

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'penstock-region-'))
  writeFileSync(join(home, 'fake.cjs'), FAKE)
  for (const name of ['gcloud', 'terraform', 'npm', 'git']) {
    const path = join(home, name)
    writeFileSync(path, `#!/bin/sh\nFAKE_PROGRAM=${name} exec '${process.execPath}' '${join(home, 'fake.cjs')}' "$@"\n`)
    chmodSync(path, 0o755)
  }
})
afterEach(() => rmSync(home, { recursive: true }))

function run(script: string): { readonly users: readonly string[]; readonly migrated: boolean } {
  const file = join(home, 'state.json')
  writeFileSync(file, JSON.stringify({ done: [], users: [] }))
  const env = {
    PATH: `${home}:/usr/bin:/bin`,
    FAKE_STATE: file,
    P: 'acme-metrics',
    DB: 'penstock-db',
    R: 'europe-west1',
  }
  execFileSync('bash', ['-euo', 'pipefail', '-c', script], { env, stdio: 'pipe' })
  return JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof run>
}

it('brings the points back with users of the new suite, in the order in which it is written', () => {
  expect(run(commands)).toMatchObject({ users: ['moved'], migrated: true })
})

it.each([
  ['apply -var=postgres_password_version=2\n', '28P01'],
  ['apply -target=google_cloud_run_v2_job.admin\n', 'no instance to restore to'],
])('fails without the line %j', (line, message) => {
  expect(commands).toContain(line)
  expect(() => run(commands.replace(line, ''))).toThrow(message)
})
