import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { migrate } from '../../src/store/migrate.js';
import { openStore } from '../../src/store/open.js';
import { holdStore } from './store-suite.js';

const folder = mkdtempSync(join(tmpdir(), 'hawser-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

holdStore('SQLite', async () => {
  const file = join(folder, 'sessions.db');
  await migrate({ file });
  return openStore({ file });
});
