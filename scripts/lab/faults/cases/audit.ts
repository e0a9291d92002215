// Changes rows of the audit log as a superuser, whom no trigger stops: the next verification finds each change.
import { type Arena, type Fault, type Inflicted, USUAL, USUAL_SIZES } from '../fault.ts'
import type { Lift } from '../tally.ts'

const AUDIT = '/api/v1/audit'

/** Assignments by which a superuser changes an entry. */
const CHANGES = [
  `actor = 'key:nobody'`,
  `after = '{"rating": 5}'`,
  `at = at + interval '1 microsecond'`,
  `outcome = 'denied'`,
  'tenant_id = coalesce(tenant_id, 0) + 1',
] as const

export const changeAudit: Fault = {
  name: 'change-audit',
  tries: 'a superuser changes a sealed row of the audit log, and changes it back',
  ...USUAL,
  // This tier has connections for the function.
  stand: { tier: 'standard' },
  sizes: { ...USUAL_SIZES, audit: 1 },
  async inflict(arena: Arena): Promise<Inflicted> {
    const { world, random, short, say } = arena
    const times = short ? 5 : 30
    const lifts: Lift[] = []
    const complaints: string[] = []
    await seal(arena)
    for (let i = 0; i < times; i++) {
      const whole = await verify(arena)
      if (!whole.ok) complaints.push(`before change ${i + 1} the log was not whole: ${JSON.stringify(whole)}`)
      const [row] = await world.server.ask<{ id: string; row: string }>(
        'select id::text, to_jsonb(e)::text as row from audit_entry e order by e.id offset $1 limit 1',
        [random.below(Math.max(1, Math.floor(whole.entries / 2)))],
      )
      const id = row?.id ?? ''
      const change = random.pick(CHANGES)
      await unguarded(arena, `update audit_entry set ${change} where id = ${id}`)
      if ((await verify(arena)).ok) complaints.push(`${change} of entry ${id} was not found`)
      await unguarded(arena, `delete from audit_entry where id = ${id}`)
      if ((await verify(arena)).ok) complaints.push(`the deletion of entry ${id} was not found`)
      await unguarded(
        arena,
        `insert into audit_entry overriding system value
         select (jsonb_populate_record(null::audit_entry, '${(row?.row ?? '').replaceAll("'", "''")}'::jsonb)).*`,
      )
      lifts.push({ at: performance.now() })
      say(`${i + 1} of ${times} changes`)
    }
    const last = await verify(arena)
    if (!last.ok) complaints.push(`after the rows were put back: ${JSON.stringify(last)}`)
    return { times, lifts, complaints, note: `${last.entries} entries in ${last.seals} seals` }
  },
}

interface Verification {
  readonly ok: boolean
  readonly seals: number
  readonly entries: number
}

/** Seals what can be sealed, as soon as something can be. */
async function seal(arena: Arena): Promise<void> {
  for (let sealed = 0; sealed === 0; ) sealed = (await call<{ readonly sealed: number }>(arena, 'POST', '/seal')).sealed
}

const verify = async (arena: Arena): Promise<Verification> => await call(arena, 'GET', '/verify')

async function call<T>({ world, fleet }: Arena, method: 'GET' | 'POST', path: string): Promise<T> {
  const { http } = await fleet.route('audit')
  const headers = { authorization: `Bearer ${world.operatorKey}` }
  const { statusCode, body } = await http.request({ method, path: `${AUDIT}${path}`, headers })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}: ${text}`)
  return JSON.parse(text) as T
}

/** Runs a statement without triggers, as only a superuser can. */
async function unguarded({ world }: Arena, statement: string): Promise<void> {
  await world.server.ask(`set session_replication_role = replica; ${statement}; reset session_replication_role`)
}
