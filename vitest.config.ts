import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    globalSetup: './test/support/global-setup.ts',
    pool: 'forks',
    // More than a machine of two cores can run at once: much of the time is spent waiting for what happens.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Asked again until it holds: a second is little on a machine that does much at once.
    expect: { poll: { timeout: 20_000 } },
    passWithNoTests: false,
  },
});
