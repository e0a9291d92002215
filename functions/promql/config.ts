// The settings of promql.
import { archiveSettings } from '@penstock/shared/config/config.ts'

export const settings = { ...archiveSettings }
