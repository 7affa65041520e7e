// What supervisors run in tests: the entry that the command line has in its bundle.
import { fileURLToPath } from 'node:url';
import { runLocalSupervisor } from '@hawser/exec-backend/local';

await runLocalSupervisor({
  argv: process.argv.slice(2),
  supervisor: [process.execPath, fileURLToPath(import.meta.url)],
  version: '0.0.0-test',
});
