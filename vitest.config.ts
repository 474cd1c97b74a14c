import { defineConfig } from 'vitest/config'

const project = (name: string, timeoutMs: number) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.{ts,tsx}`],
    environment: 'node',
    setupFiles: ['tests/support/setup.ts'],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
  },
})

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { name: 'architecture', include: ['tests/architecture.test.ts'], testTimeout: 20_000 } },
      project('unit', 20_000),
      project('integration', 60_000),
      project('contract', 120_000),
      project('attack', 60_000),
      project('e2e', 300_000),
    ],
  },
})
