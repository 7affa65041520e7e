const soak = Number(process.env.HAWSER_SOAK ?? 0) > 0;

// Programs written in Python are compiled once, not at every start.
delete process.env.PYTHONDONTWRITEBYTECODE;

export default {
  rootDir: import.meta.dirname,
  cacheDirectory: '<rootDir>/.cache/jest',
  roots: ['<rootDir>/packages', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/test/{unit,real,faults,journeys,conformance}/**/*.test.ts', '<rootDir>/test/journeys/**/*.test.ts'],
  modulePathIgnorePatterns: ['/dist/', '/.cache/', '/fixtures/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  // TypeScript sources import each other by the name of what they become.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' }, keepClassNames: true }, module: { type: 'es6' } },
    ],
  },
  setupFiles: ['<rootDir>/scripts/jest-properties.mjs'],
  testEnvironment: '<rootDir>/scripts/jest-environment.mjs',
  testSequencer: '<rootDir>/scripts/jest-sequencer.mjs',
  // Tests wait more than they compute: four keep two cores busy.
  maxWorkers: 4,
  testTimeout: soak ? 3_600_000 : 60_000,
  reporters: ['default', '<rootDir>/scripts/jest-reporter.mjs'],
};
