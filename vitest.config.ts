import { defineConfig } from 'vitest/config';

const settings = {
  setupFiles: ['tests/support/setup.ts'],
  // How long a test may take is no promise of ours: it turns a hang into a failure, also on a machine that is slow for a while.
  testTimeout: 60_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 10_000, interval: 20 } },
  // Three files at a time on two cores: most wait for a database, so a slow file never holds the others up.
  maxWorkers: 3,
};
const withServices = {
  ...settings,
  pool: 'forks' as const,
  setupFiles: [...settings.setupFiles, 'tests/support/services-setup.ts'],
  globalSetup: ['tests/support/global-setup.ts'],
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...settings,
          name: 'unit',
          pool: 'threads',
          include: ['tests/unit/**/*.test.ts', 'tests/architecture.test.ts'],
        },
      },
      {
        test: {
          ...settings,
          name: 'simulation',
          pool: 'threads',
          include: ['tests/simulation/**/*.test.ts'],
        },
      },
      {
        test: {
          ...withServices,
          name: 'services',
          include: ['tests/**/*.test.ts'],
          exclude: [
            'tests/unit/**',
            'tests/architecture.test.ts',
            'tests/simulation/**',
            'tests/faults/**',
            'tests/browser/**',
          ],
        },
      },
      // After the others: killing a database under load would bend their timings, and theirs its.
      {
        test: {
          ...withServices,
          name: 'faults',
          include: ['tests/faults/**/*.test.ts'],
          testTimeout: 240_000,
          // A long run keeps all that anybody was told until it is judged.
          execArgv: ['--max-old-space-size=8192'],
          sequence: { groupOrder: 1 },
        },
      },
      // Last: a browser and what it shows take both cores, and frames are measured.
      {
        test: {
          ...withServices,
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          globalSetup: [...withServices.globalSetup, 'tests/support/build-web.ts'],
          // Above the patience of whatever a test waits for, so that a failure says for what.
          testTimeout: 120_000,
          expect: { poll: { timeout: 30_000, interval: 30 } },
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
