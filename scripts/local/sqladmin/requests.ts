// The bodies of requests to the Cloud SQL Admin API. A field that the service does not know is refused.
// https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances
import { z } from 'zod'
import { invalid } from './error.ts'

const text = z.string().max(2_000)
/** Google's clients send the name of an enum, or its number. */
const anEnum = z.union([text, z.int()])
const int64 = z.union([z.string().regex(/^\d{1,19}$/), z.int()]).transform(String)
const instanceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,96}[a-z0-9]$/, 'must be lower-case letters, digits and hyphens')

export const InsertRequest = z.strictObject({
  name: instanceName,
  region: text.optional(),
  tags: z.record(text, text).optional(),
  databaseVersion: anEnum.optional(),
  settings: z.strictObject({
    tier: text,
    edition: anEnum.optional(),
    dataDiskSizeGb: int64.optional(),
    dataDiskType: anEnum.optional(),
    databaseFlags: z.array(z.strictObject({ name: text, value: text })).optional(),
    userLabels: z.record(text, text).optional(),
    availabilityType: anEnum.optional(),
    backupConfiguration: z.strictObject({ enabled: z.boolean() }).optional(),
    ipConfiguration: z
      .strictObject({ ipv4Enabled: z.boolean(), privateNetwork: text.optional(), sslMode: anEnum.optional() })
      .optional(),
  }),
})

export const RestoreRequest = z.strictObject({
  restoreBackupContext: z.strictObject({ backupRunId: int64, instanceId: text, project: text }),
})

/** The number of SQL in the enum of file types. */
const SQL = 1

export const ExportRequest = z.strictObject({
  exportContext: z.strictObject({
    uri: z.string().regex(/^gs:\/\/[^/]+\/.+$/, 'must be gs://BUCKET/OBJECT'),
    databases: z.array(text).length(1),
    fileType: z.union([z.literal('SQL'), z.literal(SQL)]),
    offload: z.boolean().optional(),
  }),
})

export const BackupRequest = z.strictObject({ description: text.optional() })

/** Parses a body. @throws {AdminError} 400 that names the field. */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalid(`Invalid value at '${issue?.path.join('.') ?? ''}': ${issue?.message ?? ''}`)
}
