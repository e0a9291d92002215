// Turns requests into calls of the rules, and their results into replies.
import type { Principal } from '@penstock/shared/auth/principal.ts'
import { notFound, Problem } from '@penstock/shared/base/problem.ts'
import type { Handlers } from '@penstock/shared/http/service.ts'
import type { routes } from './contract.ts'
import { createDemo, type DemoDeps } from './demo.ts'
import { createKey, type KeyDeps, keys, revokeKey, rotateKey } from './keys.ts'
import { changeTenant, createTenant, tenants } from './tenants.ts'
import { limits, usage } from './usage.ts'
import type { Me } from './user-contract.ts'
import {
  changeProfile,
  changeTier,
  changeUser,
  createUser,
  profile,
  removeUser,
  type UserDeps,
  user,
  users,
} from './users.ts'

type Params = Readonly<Record<string, string>>

/** Returns the handler of each route. */
export function handlersOf(deps: KeyDeps & UserDeps & DemoDeps): Handlers<typeof routes> {
  return {
    me: async ({ caller }) => ({ json: me(caller) }),
    profile: async ({ caller }) => ({ json: await profile(deps, caller) }),
    changeProfile: async ({ caller, body }) => ({ json: await changeProfile(deps, caller, body) }),
    users: async ({ caller, query }) => ({ json: await users(deps, caller, query) }),
    createUser: async ({ caller, body }) => ({ status: 201, json: await createUser(deps, caller, body) }),
    user: async ({ caller, params }) => ({ json: await user(deps, caller, idIn(params, 'User')) }),
    async changeUser({ caller, params, body }) {
      return { json: await changeUser(deps, caller, { id: idIn(params, 'User'), change: body }) }
    },
    async changeTier({ caller, params, body }) {
      return { json: await changeTier(deps, caller, { id: idIn(params, 'User'), change: body }) }
    },
    async removeUser({ caller, params }) {
      await removeUser(deps, caller, idIn(params, 'User'))
      return {}
    },
    keys: async ({ caller, query }) => ({ json: await keys(deps, caller, query) }),
    createKey: async ({ caller, body }) => ({ status: 201, json: await createKey(deps, caller, body) }),
    async rotateKey({ caller, params, body }) {
      return { status: 201, json: await rotateKey(deps, caller, { id: idIn(params, 'API key'), rotation: body }) }
    },
    revokeKey: async ({ caller, params }) => ({ json: await revokeKey(deps, caller, idIn(params, 'API key')) }),
    tenants: async ({ query }) => ({ json: await tenants(deps, query) }),
    createTenant: async ({ body }) => ({ status: 201, json: await createTenant(deps, body) }),
    limits: async ({ caller }) => ({ json: await limits(deps, caller) }),
    usage: async ({ caller, query }) => ({ json: await usage(deps, caller, query) }),
    demo: async () => ({ status: 201, json: await createDemo(deps) }),
    changeTenant: async ({ params, body }) => ({ json: await changeTenant(deps, params['name'] ?? '', body) }),
  }
}

/** Describes a credential. The name of a tenant's credential begins with its kind. */
function me(caller: Principal): Me {
  const { name } = caller
  const nobody = { tenant: null, user: null, role: null, scopes: [], plan: null }
  if (caller.kind === 'service') return { ...nobody, kind: 'service', name }
  if (caller.kind === 'platform') return { ...nobody, kind: 'platform', name, scopes: caller.scopes }
  const { tenant, user: subject = null, role = null, scopes } = caller
  const kind = name.startsWith('user:') ? 'user' : name.startsWith('key:') ? 'key' : 'open'
  return { kind, name, tenant: tenant.name, user: subject, role, scopes, plan: tenant.plan?.name ?? 'unlimited' }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Returns the id from the path. @throws {Problem} 404 for a malformed id, because nothing can have it. */
function idIn({ id = '' }: Params, what: string): string {
  if (!UUID.test(id)) throw new Problem(notFound, `${what} not found`)
  return id
}
