// Jest as the mutation tester runs it: the unit tests of one area, in a sandbox, under the tester's own environment.
import house from '../../jest.config.mjs';

const { extensionsToTreatAsEsm, moduleFileExtensions, moduleNameMapper, setupFiles, transform, testTimeout } = house;
const tests = process.env.HAWSER_MUTATE.split(',');

export default {
  extensionsToTreatAsEsm,
  moduleFileExtensions,
  moduleNameMapper,
  setupFiles,
  transform,
  testTimeout,
  rootDir: process.cwd(),
  cacheDirectory: '<rootDir>/.cache/jest',
  roots: [...new Set(tests.map((glob) => `<rootDir>/${glob.slice(0, glob.indexOf('/test/'))}/test`))],
  testMatch: tests.map((glob) => `<rootDir>/${glob}`),
  testEnvironment: '@stryker-mutator/jest-runner/jest-env/node',
};
