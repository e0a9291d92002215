// Log lines of the code under test do not drown the test's own report; a test that looks at them sets the level itself.
import { logger } from '@penstock/shared/base/logger.ts'

logger.level = 'silent'
