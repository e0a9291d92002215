// The reader's session. The credential is in memory; "until this tab closes" stores it in sessionStorage, and nothing else is written.
import { type AnswerOf, type Client, createClient } from '@penstock/client'
import { ProblemError } from '@penstock/client/problem.ts'
import { computed, signal } from '@preact/signals'
import { isGiven } from '../base/given.ts'
import { loadSettings, settings } from './settings.ts'

export type Me = AnswerOf<'identity.me'>

const PLACE = 'penstock.credential'
const TIMEOUT_MS = 30_000

/** The reader, once signed in. */
export const me = signal<Me | undefined>(undefined)
/** True when the credential has stopped being valid: the page stays, and asks for another one. */
export const isExpired = signal(false)
/** Changes with each sign-in: what is shown is then loaded again. */
export const signIns = signal(0)

let credential: string | undefined
const clients = new Map<string, Client>()

/** The scopes of the reader. */
const scopes = computed(() => new Set(me.value?.scopes ?? []))
/** Returns true when the reader has a scope. */
export const may = (scope: string): boolean => scopes.value.has(scope)
/** Returns true for a credential that belongs to a tenant, and not to the platform. */
export const isOfTenant = computed(() => isGiven(me.value?.tenant))

/** The credential itself, for the commands that the reader copies; undefined for a suite that asks for none. */
export const ownCredential = (): string | undefined => credential

/**
 * Signs in: the suite says who the credential is. `keep` stores it until the tab closes.
 * @throws {ProblemError} 401 when it is not valid.
 */
export async function signIn(text: string | undefined, keep: boolean): Promise<void> {
  const trimmed = text?.trim()
  await loadSettings()
  me.value = await clientOf('identity', trimmed).call('identity.me')
  credential = trimmed
  clients.clear()
  isExpired.value = false
  signIns.value++
  if (keep && trimmed !== undefined) sessionStorage.setItem(PLACE, trimmed)
  else sessionStorage.removeItem(PLACE)
}

/** Returns true when the tab remembers a credential. */
export const hasStored = (): boolean => sessionStorage.getItem(PLACE) !== null

/** Signs in with what the tab remembers. Returns false when it remembers nothing that is valid. */
export async function resume(): Promise<boolean> {
  const stored = sessionStorage.getItem(PLACE)
  if (stored === null) return false
  try {
    await signIn(stored, true)
    return true
  } catch (error) {
    if (error instanceof ProblemError && error.status === 401) sessionStorage.removeItem(PLACE)
    return false
  }
}

/** Forgets the credential. */
export function signOut(): void {
  credential = undefined
  clients.clear()
  sessionStorage.removeItem(PLACE)
  me.value = undefined
  isExpired.value = false
}

/** A client of the function that serves a slice, with the reader's credential or another one. */
export function clientOf(slice: string, other: string | undefined = credential): Client {
  const known = other === credential ? clients.get(slice) : undefined
  if (known) return known
  const { baseUrl, urls } = settings()
  const client = createClient({
    url: urls[slice] ?? baseUrl,
    ...(other === undefined ? {} : { credential: other }),
    timeoutMs: TIMEOUT_MS,
    retries: 1,
  })
  if (other === credential) clients.set(slice, client)
  return client
}
