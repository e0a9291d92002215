import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{functions,shared,scripts,migrations,test}/**/*.test.ts'],
    setupFiles: ['test/quiet.ts', 'test/answers.ts'],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // A poll waits for what other processes do; how long that takes is the machine's.
    expect: { requireAssertions: true, poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
})
