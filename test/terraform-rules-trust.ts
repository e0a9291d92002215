// terraform/rules/agreements.json over a plan: regions, tokens, service agents, secrets, builds, flags and editions.
import { at, type Finding, readRules } from './terraform-rule.ts'
import type { Resource, Suite } from './terraform-suite.ts'

interface Rule {
  readonly says: string
  readonly source: string
}
interface Agreements {
  readonly locations: Rule & {
    readonly same: readonly Place[]
    readonly other: readonly Place[]
  }
  readonly tokens: Rule & { readonly signers: readonly { readonly resource: string; readonly token: string }[] }
  readonly agents: readonly (Rule & { readonly resource: string; readonly agent: string; readonly role: string })[]
  readonly access: readonly (Rule & { readonly role: string })[]
  readonly builds: Rule & { readonly roles: readonly string[] }
  readonly flags: Rule & { readonly flags: Readonly<Record<string, string>> }
  readonly logins: Rule & { readonly role: string; readonly type: string }
  readonly expiry: Rule & { readonly most: number }
  readonly editions: Rule & { readonly pattern: string; readonly edition: string }
}

/** Type and argument; with a name, only the resource of this name. */
type Place = readonly [type: string, path: string, name?: string]

export function trustFindings({ resources }: Suite): Finding[] {
  const rules = readRules<Agreements>('agreements')
  const of = (type: string): Resource[] => resources.filter((resource) => resource.type === type)
  const rest = { of, resources, rules }
  return [locations, tokens, agents, secrets, builds, instances, logins, expiry].flatMap((check) => check(rest))
}

interface Input {
  readonly of: (type: string) => Resource[]
  readonly resources: readonly Resource[]
  readonly rules: Agreements
}
function text(resource: Resource, path: string): string {
  const [value] = at(resource.values, path.split('.'))
  return typeof value === 'string' ? value : ''
}
const found = (rule: string, address: string, wrong: string, { says, source }: Rule): Finding => ({
  rule,
  address,
  wrong: `${wrong}. ${says}`,
  source,
})

function locations({ of, rules: { locations: rule } }: Input): Finding[] {
  const home = text(of('google_cloudfunctions2_function')[0] as Resource, 'location')
  const isNamed = ({ address }: Resource, name: string): boolean => address.split('.').includes(name)
  /** A resource that is meant by its name is not one of those that are meant by their type. */
  const meant = ([type, , name]: Place): Resource[] =>
    of(type).filter((it) =>
      name === undefined
        ? !rule.other.some(([other, , special]) => other === type && special !== undefined && isNamed(it, special))
        : isNamed(it, name),
    )
  const look = (places: readonly Place[], isRight: (place: string) => boolean): Finding[] =>
    places.flatMap((it) =>
      meant(it).flatMap((resource) => {
        const [, path] = it
        return at(resource.values, path.split('.')).flatMap((place) =>
          isRight(String(place).toLowerCase())
            ? []
            : [found('location', resource.address, `${path} is ${String(place)}, and functions are in ${home}`, rule)],
        )
      }),
    )
  return [...look(rule.same, (place) => place === home), ...look(rule.other, (place) => place !== home)]
}

function tokens({ of, rules: { tokens: rule } }: Input): Finding[] {
  const settings = of('google_cloudfunctions2_function').map(
    ({ values }) => (at(values, ['service_config', 'environment_variables'])[0] ?? {}) as Record<string, string>,
  )
  return rule.signers.flatMap(({ resource, token }) =>
    of(resource).flatMap((signer) => {
      const audience = text(signer, `${token}.audience`)
      const email = text(signer, `${token}.service_account_email`)
      if (audience === '' && email === '') return []
      const trusting = settings.find((one) => one['OIDC_AUDIENCE'] === audience)
      if (trusting === undefined)
        return [found('token', signer.address, `no function expects the audience ${audience}`, rule)]
      const isTrusted = (trusting['OIDC_EMAILS'] ?? '').split(',').includes(email)
      return isTrusted
        ? []
        : [
            found(
              'token',
              signer.address,
              `it signs as ${email}, and the function trusts ${trusting['OIDC_EMAILS']}`,
              rule,
            ),
          ]
    }),
  )
}

function agents({ of, rules }: Input): Finding[] {
  return rules.agents.flatMap((rule) => {
    const grants = of(rule.resource).filter((one) => text(one, 'member').includes(rule.agent))
    return grants.some((one) => text(one, 'role') === rule.role)
      ? []
      : [found('agent', rule.resource, `${rule.agent} is not granted ${rule.role}`, rule)]
  })
}

/** Each function and job with the secrets that it mounts. */
function secrets({ of, rules }: Input): Finding[] {
  const [rule] = rules.access
  const grants = new Set(
    of('google_secret_manager_secret_iam_member').map(({ values }) =>
      [values['member'], values['role'], values['secret_id']].join(' '),
    ),
  )
  const mounts = [
    ...of('google_cloudfunctions2_function').map(
      (it) =>
        [
          it,
          text(it, 'service_config.service_account_email'),
          at(it.values, ['service_config', 'secret_environment_variables', 'secret']),
        ] as const,
    ),
    ...of('google_cloud_run_v2_job').map(
      (it) =>
        [
          it,
          text(it, 'template.template.service_account'),
          at(it.values, 'template.template.containers.env.value_source.secret_key_ref.secret'.split('.')),
        ] as const,
    ),
  ]
  return mounts.flatMap(([{ address }, account, names]) =>
    names.flatMap((name) =>
      rule === undefined || grants.has(`serviceAccount:${account} ${rule.role} ${String(name)}`)
        ? []
        : [found('secret', address, `${account} is not granted ${rule.role} on ${String(name)}`, rule)],
    ),
  )
}

function builds({ of, rules: { builds: rule } }: Input): Finding[] {
  const grants = [...of('google_project_iam_member'), ...of('google_artifact_registry_repository_iam_member')]
  const accounts = of('google_service_account').filter((it) => text(it, 'account_id').endsWith('-build'))
  const [fn] = of('google_cloudfunctions2_function')
  return accounts.flatMap((account) => {
    const own = grants.filter((grant) =>
      text(grant, 'member').startsWith(`serviceAccount:${text(account, 'account_id')}@`),
    )
    const missing = rule.roles.filter((role) => !own.some((grant) => text(grant, 'role') === role))
    const reader = own.find((grant) => text(grant, 'role') === 'roles/storage.objectViewer')
    const bucket = new RegExp(`buckets/gcf-v2-sources-[0-9]+-${fn === undefined ? '' : text(fn, 'location')}["/]`)
    return [
      ...missing.map((role) => found('build', account.address, `it lacks ${role}`, rule)),
      ...(reader === undefined || bucket.test(text(reader, 'condition.expression'))
        ? []
        : [found('build', reader.address, 'its condition leaves out the bucket of sources', rule)]),
    ]
  })
}

function instances({ of, rules: { flags, editions } }: Input): Finding[] {
  return of('google_sql_database_instance').flatMap((instance) => {
    const set = Object.fromEntries(
      at(instance.values, ['settings', 'database_flags'])
        .flat()
        .map((flag) => [(flag as { name: string }).name, (flag as { value: string }).value]),
    )
    const isPlus = text(instance, 'settings.tier').includes(editions.pattern)
    return [
      ...Object.entries(flags.flags).flatMap(([name, value]) =>
        set[name] === value ? [] : [found('flag', instance.address, `${name} is ${set[name] ?? 'not set'}`, flags)],
      ),
      ...((text(instance, 'settings.edition') === editions.edition) === isPlus
        ? []
        : [
            found(
              'edition',
              instance.address,
              `${text(instance, 'settings.tier')} in ${text(instance, 'settings.edition')}`,
              editions,
            ),
          ]),
    ]
  })
}

/** Users of the database that are service accounts: their names end in `.iam`. */
function logins({ of, rules: { logins: rule } }: Input): Finding[] {
  const grants = of('google_project_iam_member')
  return of('google_sql_user')
    .filter((user) => text(user, 'name').endsWith('.iam'))
    .flatMap((user) => {
      const member = `serviceAccount:${text(user, 'name')}.gserviceaccount.com`
      const mayLogIn = grants.some((grant) => text(grant, 'member') === member && text(grant, 'role') === rule.role)
      return [
        ...(mayLogIn ? [] : [found('login', user.address, `${member} is not granted ${rule.role}`, rule)]),
        ...(text(user, 'type') === rule.type
          ? []
          : [found('login', user.address, `it is a ${text(user, 'type')}`, rule)]),
      ]
    })
}

function expiry({ of, rules: { expiry: rule } }: Input): Finding[] {
  return of('google_storage_bucket').flatMap((bucket) => {
    const all = at(bucket.values, ['lifecycle_rule']).flat() as Resource['values'][]
    const sweeping = all.filter(
      (one) =>
        at(one, ['action', 'type']).includes('Delete') && at(one, ['condition', 'matches_prefix']).flat().length === 0,
    )
    return sweeping.length > rule.most
      ? [found('expiry', bucket.address, `${sweeping.length} rules delete objects of every name`, rule)]
      : []
  })
}
