import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalBackend, serveBackend } from '../../src/local/index.js';
import { supervisorProgram } from '../support/local-service.js';
import { describeConformance } from './suite.js';

// In process it is the same without a socket: that way go the journeys of `hawser exec`.
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
