import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{functions,shared,scripts,migrations,test}/**/*.test.ts'],
    setupFiles: ['test/quiet.ts'],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    expect: { requireAssertions: true },
    pool: 'forks',
    maxWorkers: 2,
  },
})
