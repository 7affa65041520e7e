import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installedPlugins } from '@hawser/cli-kit/extensions';
import { runLocalSupervisor } from '@hawser/exec-backend/local';
import { programNamed } from './plugins/exec.js';

// The program that a run on this machine is left to: it clones, runs the command, keeps its log, and leaves with it.
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
const argv = process.argv.slice(2);
await runLocalSupervisor({
  argv,
  supervisor: [process.execPath, fileURLToPath(import.meta.url)],
  version,
  // Of the person's environment it has next to nothing; executions lie in their data folder.
  programs: (name) => programNamed(name, installedPlugins(dirname(argv[0] ?? ''))),
});
process.exit();
