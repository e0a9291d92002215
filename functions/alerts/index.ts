// The wiring of alerts, nothing else.
import { systemLookup } from '@penstock/shared/egress/target.ts'
import { cloudKms } from '@penstock/shared/envelope/cloud-kms.ts'
import { createEnvelope } from '@penstock/shared/envelope/envelope.ts'
import { fileKeys } from '@penstock/shared/envelope/file-keys.ts'
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { configOf, settings } from './config.ts'
import { routes } from './contract.ts'
import { openMailer } from './delivery/mail.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'alerts',
  routes,
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 40, connections: 1 },
  settings,
  open({ settings: given, ...deps }) {
    const { limits, kms, keyFile, mail, dashboard, allowsLoopback } = configOf(given, deps.platform)
    const { now } = deps
    const keys = kms === undefined ? fileKeys(keyFile) : cloudKms({ ...kms, now })
    return handlersOf({
      ...deps,
      limits,
      dashboard,
      envelope: createEnvelope({ keys, now }),
      target: { lookup: systemLookup, allowsLoopback },
      mailer: mail === undefined ? undefined : openMailer(mail),
    })
  },
})
