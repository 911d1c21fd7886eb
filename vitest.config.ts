import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/emulated/prepare.ts'],
    testTimeout: 60_000,
    // An expected answer that is missing fails, as in CI: it is written when somebody asks (npm run corpus)
    update: 'none',
    coverage: { provider: 'v8', include: ['shared/**'] },
  },
})
