// A certificate authority for one test.
import 'reflect-metadata'
import {
  BasicConstraintsExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

export interface Authority {
  /** Its certificate. */
  readonly pem: string
  /** Signs a server certificate, with its key. */
  issue(host: string): Promise<{ readonly pem: string; readonly key: string }>
  /** Signs a client's public key (PEM). */
  certify(publicKey: string, commonName: string, notAfter: Date): Promise<string>
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** Makes a CA that is valid for an hour. */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    ...lifetime(),
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true)],
  })
  return {
    pem: ca.toString('pem'),
    async issue(host) {
      const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${host}`,
        issuer: ca.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        ...lifetime(),
        extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
      })
      const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', own.privateKey)).toString('base64')
      return {
        pem: certificate.toString('pem'),
        key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
      }
    },
    async certify(publicKey, commonName, notAfter) {
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${commonName}`,
        issuer: ca.subject,
        publicKey: new PublicKey(publicKey),
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        ...lifetime(),
        notAfter,
      })
      return certificate.toString('pem')
    },
  }
}

const lifetime = () => ({ notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) })
