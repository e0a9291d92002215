// Checks docs/deploy.md, the playbooks and deploy:check: the files that they name exist where they are used, and the files that their
// commands write stay out of commits and of uploads.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].flatMap(([, name]) => name ?? [])
const terraform = globSync('terraform/*.tf', { cwd: root }).map(read).join('\n')
const variables = matches(terraform, /^variable "(\w+)" \{/gm)
const told = [
  'docs/deploy.md',
  'docs/users.md',
  'terraform/README.md',
  ...globSync('docs/playbooks/*.md', { cwd: root }),
  ...globSync('scripts/**/suite-checks.ts', { cwd: root }),
]

describe('a variable of Terraform', () => {
  it.each(told)('that %s names can be set', (file) => {
    const text = read(file)
    const named = [
      ...matches(text, /-var[= ]'?(\w+)=/g),
      ...matches(text, /TF_VAR_(\w+)/g),
      // `notification_emails = [...]`: what looks like an argument and is not one of a resource.
      ...matches(text, /`([a-z]+(?:_[a-z]+)+) = /g),
    ]
    expect(named.filter((name) => !variables.includes(name))).toEqual([])
  })

  it.each(globSync('terraform/env/*.tfvars', { cwd: root }))('that %s sets is one', (file) => {
    const set = matches(read(file), /^(\w+) += /gm)
    expect(set.length).toBeGreaterThan(0)
    expect(set.filter((name) => !variables.includes(name))).toEqual([])
  })

  it('is in the table of variables', () => {
    const table = read('terraform/README.md')
    expect(variables.filter((name) => !table.includes(`\`${name}\``))).toEqual([])
  })
})

describe('an apply of a part', () => {
  it.each(told)('that %s names is of what is there', (file) => {
    const targets = matches(read(file), /-target=([a-z0-9_]+\.[a-z0-9_]+)/g)
    const made = [...terraform.matchAll(/^resource "(\w+)" "(\w+)"/gm)].map(([, type, name]) => `${type}.${name}`)
    expect(targets.filter((target) => !made.includes(target))).toEqual([])
  })
})

/** Files that `terraform init`, `plan` and `apply`, and `npm` write into the checkout, with a backend or without. */
const WRITTEN = [
  'terraform/.terraform/providers/registry.terraform.io/hashicorp/google/7.45.0/linux_amd64/terraform-provider-google_v7.45.0_x5',
  'terraform/.terraform/terraform.tfstate',
  'terraform/.terraform.lock.hcl',
  'terraform/.terraform.tfstate.lock.info',
  'terraform/terraform.tfstate',
  'terraform/terraform.tfstate.backup',
  'terraform/terraform.tfstate.d/moved/terraform.tfstate',
  'terraform/suite.tfplan',
  'terraform/mine.auto.tfvars',
  'terraform/crash.log',
  'node_modules/zod/package.json',
  'dist/manifest.json',
  '.penstock/local.json',
]
/** Needed by terraform/admin/Dockerfile. */
const UPLOADED = [
  'package.json',
  'package-lock.json',
  'shared/package.json',
  'scripts/penstock.ts',
  'migrations/schema.sql',
  'functions/feedback/index.ts',
  'terraform/admin/Dockerfile',
]

describe.skipIf(spawnSync('git', ['--version']).status !== 0)('what commands write into the checkout', () => {
  it.each(['.gitignore', '.gcloudignore'])('is left out by %s', (file) => {
    expect(WRITTEN.filter((path) => !ignored(file, path))).toEqual([])
  })

  it('and values of an installation are not uploaded, but what the image is made of is', () => {
    expect(ignored('.gcloudignore', 'terraform/env/small.tfvars')).toBe(true)
    expect(UPLOADED.filter((path) => ignored('.gcloudignore', path))).toEqual([])
  })
})

/** Both files have one syntax: gcloud reads its own as git reads .gitignore. */
function ignored(file: string, path: string): boolean {
  const home = mkdtempSync(join(tmpdir(), 'penstock-ignore-'))
  try {
    execFileSync('git', ['init', '-q', home])
    copyFileSync(join(root, file), join(home, '.gitignore'))
    return spawnSync('git', ['-C', home, 'check-ignore', '-q', '--no-index', path]).status === 0
  } finally {
    rmSync(home, { recursive: true })
  }
}
