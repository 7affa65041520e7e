// The project's own pnpm with the project's own folders: node scripts/pnpm.mjs add …
import { spawnSync } from 'node:child_process';
import { toolEnv } from './workspace.mjs';

process.exitCode = spawnSync('pnpm', process.argv.slice(2), { env: toolEnv(), stdio: 'inherit' }).status ?? 1;
