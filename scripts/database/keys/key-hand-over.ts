// Makes a new key that is written only to Secret Manager, because in the cloud the output of a command is a log.
import { createKey, type KeyDeps, type NewKey, revokeKey } from './key-store.ts'
import { addSecretVersion, type SecretDeps } from './secret-store.ts'

/**
 * Makes a key and writes it as the newest version of a secret. A key that cannot be written there is revoked, because nobody has it. Not
 * safe to repeat: each call makes a key.
 * @throws {Error} like {@link createKey} and {@link addSecretVersion}, never with the key in it.
 */
export async function createKeyInSecret(
  deps: KeyDeps & SecretDeps,
  wanted: NewKey,
  secret: string,
): Promise<{ readonly id: string; readonly version: string }> {
  const { id, key } = await createKey(deps, wanted)
  try {
    return { id, version: await addSecretVersion(deps, secret, key) }
  } catch (error) {
    await revokeKey(deps.client, id)
    throw error
  }
}
