import { expect, test } from '@jest/globals';
import { readSettings, reportedVersion } from '../../src/settings.js';

test('without any variable we are today’s official plugin', () => {
  expect(readSettings({})).toEqual({
    version: '1.2.896.0',
    remoteExitCode: false,
    quiet: false,
    logFile: undefined,
    logLevel: 'info',
    withoutAws: false,
  });
});

test('every variable has its setting', () => {
  expect(
    readSettings({
      HAWSER_PLUGIN_VERSION: '1.2.764.0',
      HAWSER_PLUGIN_EXIT_CODE: 'remote',
      HAWSER_PLUGIN_QUIET: '1',
      HAWSER_PLUGIN_LOG_FILE: '/x',
      HAWSER_PLUGIN_LOG_LEVEL: 'debug',
      SSM_PLUGIN_SKIP_CLIENT_CONFIGURE: 'true',
    }),
  ).toEqual({
    version: '1.2.764.0',
    remoteExitCode: true,
    quiet: true,
    logFile: '/x',
    logLevel: 'debug',
    withoutAws: true,
  });
});

test.each(['', 'v1', '1.2.3.4.5', '1.2-rc', '1..2'])('%j is no version, and the default counts', (asked) => {
  expect(reportedVersion({ HAWSER_PLUGIN_VERSION: asked })).toBe('1.2.896.0');
});
