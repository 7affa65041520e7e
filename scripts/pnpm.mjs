// The project's own pnpm with the project's own folders: node scripts/pnpm.mjs add …
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../.cache', import.meta.url));
const env = {
  ...process.env,
  PATH: [join(cache, 'pnpm/node_modules/.bin'), process.env.PATH].join(delimiter),
  npm_config_cache: join(cache, 'npm'),
  npm_config_store_dir: join(cache, 'pnpm-store'),
  npm_config_cache_dir: join(cache, 'pnpm-cache'),
  npm_config_state_dir: join(cache, 'pnpm-state'),
};
process.exitCode = spawnSync('pnpm', process.argv.slice(2), { env, stdio: 'inherit' }).status ?? 1;
