// The settings of this function.
import { wholeNumberSetting } from '@penstock/shared/config/config.ts'
import { metadataHost, trustedUrl } from '@penstock/shared/config/trusted-url.ts'
import { jobPatience } from '@penstock/shared/jobs/scheduled.ts'
import type { SettingsOf } from '@penstock/shared/slice/define-slice.ts'
import { z } from 'zod'

export const settings = {
  /** Address of Cloud Monitoring; Google's when absent. */
  MONITORING_ENDPOINT: trustedUrl.optional(),
  /** Address of Pub/Sub; Google's when absent. */
  SUITE_PUBSUB_ENDPOINT: trustedUrl.optional(),
  /** The topic that takes the suite's own numbers; when it is absent, they are not stored as points. */
  SUITE_TOPIC: z
    .string()
    .regex(/^projects\/[^/]+\/topics\/[^/]+$/, 'must be projects/PROJECT/topics/TOPIC')
    .optional(),
  /** Minutes between two points of each of the suite's own series. */
  SUITE_POINT_MINUTES: wholeNumberSetting(1, 1, 60),
  /** `project:instance` of Cloud SQL, whose CPU, memory and disk are read and stored with the suite's own numbers. */
  MONITORED_INSTANCE: z
    .string()
    .regex(/^[^:\s]+(:[^:\s]+)?:[^:\s]+$/, 'must be project:instance')
    .optional(),
  /** Address of the metadata server, from which the access tokens for both services come. */
  GCE_METADATA_HOST: metadataHost,
  /** Maximum seconds that a call waits for a run in progress. */
  MONITORING_WAIT_SECONDS: wholeNumberSetting(30, 0, 600),
}

/** The settings in milliseconds. */
export const configOf = (given: SettingsOf<typeof settings>) => ({
  waitMs: given.MONITORING_WAIT_SECONDS * 1000,
  monitoringEndpoint: given.MONITORING_ENDPOINT,
  pubsubEndpoint: given.SUITE_PUBSUB_ENDPOINT,
  topic: given.SUITE_TOPIC,
  pointMinutes: given.SUITE_POINT_MINUTES,
  metadataHost: given.GCE_METADATA_HOST,
  instance: given.MONITORED_INSTANCE,
  limits: { ...jobPatience },
})
