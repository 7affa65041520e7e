import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runLocalSupervisor } from '@hawser/exec-backend/local';

// The program that a run on this machine is left to: it clones, runs the command, keeps its log, and leaves with it.
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
const argv = process.argv.slice(2);
await runLocalSupervisor({ argv, supervisor: [process.execPath, fileURLToPath(import.meta.url)], version });
process.exit();
