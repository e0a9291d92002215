// Makes SCRAM verifiers, which PostgreSQL stores instead of passwords: the password itself never reaches the server or its log.
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

const ITERATIONS = 4096
const SALT_BYTES = 16

/**
 * Returns the SCRAM-SHA-256 verifier of a password of printable ASCII, in PostgreSQL's form. It differs each time, because each has a new
 * salt.
 * @see https://www.rfc-editor.org/rfc/rfc5803
 */
export function scramVerifier(password: string, randomBytes: (count: number) => Buffer): string {
  const salt = randomBytes(SALT_BYTES)
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256')
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest()
  const stored = createHash('sha256').update(hmac('Client Key')).digest()
  const keys = [stored, hmac('Server Key')].map((key) => key.toString('base64')).join(':')
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${keys}`
}
