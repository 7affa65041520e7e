import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalBackend, serveBackend } from '../../src/local/index.js';
import { supervisorProgram } from '../support/local-service.js';
import { describeConformance } from './suite.js';

describeConformance('this machine, in process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-local-'));
  const backend = await openLocalBackend({ folder, supervisor: supervisorProgram, version: '0.0.0-test' });
  return {
    endpoint: 'http://local.invalid',
    apiKey: backend.apiKey,
    fetch: (request) => backend.handle(request),
    repositoryUrl: (path) => path,
    sweep: () => backend.sweep(),
    close: async () => {
      await backend.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
});

describeConformance('this machine, served on loopback', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-local-'));
  const backend = await openLocalBackend({ folder, supervisor: supervisorProgram, version: '0.0.0-test' });
  const served = await serveBackend({ backend });
  return {
    endpoint: served.url,
    apiKey: backend.apiKey,
    fetch: (request) => fetch(request),
    repositoryUrl: (path) => `file://${path}`,
    sweep: () => backend.sweep(),
    close: async () => {
      await served.close();
      await backend.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
});
