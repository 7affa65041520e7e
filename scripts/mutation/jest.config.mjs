// Jest as the mutation tester runs it: unit tests of one area, in a sandbox, under the tester's own environment.
import house from '../../jest.config.mjs';

const { extensionsToTreatAsEsm, moduleFileExtensions, moduleNameMapper, transform, testTimeout } = house;

export default {
  extensionsToTreatAsEsm,
  moduleFileExtensions,
  moduleNameMapper,
  transform,
  testTimeout,
  rootDir: process.cwd(),
  roots: [`<rootDir>/${process.env.HAWSER_MUTATE}/test`],
  testMatch: ['**/test/unit/**/*.test.ts'],
  // These read what was built, not what was mutated.
  testPathIgnorePatterns: ['/readme(?:-example)?\\.test\\.ts$'],
  testEnvironment: '@stryker-mutator/jest-runner/jest-env/node',
};
