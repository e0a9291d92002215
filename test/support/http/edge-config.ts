import type { EdgeConfig } from '@penstock/shared/config/config.ts'

/** The settings of a front on this machine, whose issuer of tokens cannot be reached. */
export const edgeConfig = (own: Partial<EdgeConfig> = {}): EdgeConfig => ({
  target: '',
  host: undefined,
  inCloud: false,
  project: undefined,
  corsOrigins: [],
  open: false,
  oidc: { issuer: 'x', jwksUrl: 'http://127.0.0.1:1/', audience: undefined, emails: [] },
  ...own,
})
