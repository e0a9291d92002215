// The settings of metrics-query.
import { archiveSettings, cursorSettings, pointIdSettings } from '@penstock/shared/config/config.ts'

export const settings = {
  ...archiveSettings,
  ...pointIdSettings,
  ...cursorSettings,
}
