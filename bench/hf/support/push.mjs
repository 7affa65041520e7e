// Our pusher as a whole process: environment FOLDER to the Space NAME.
import { readFileSync } from 'node:fs';
import { openHub, push } from '../../../packages/hf-push/dist/index.js';

const [from, environment, spaceName, stateFolder] = process.argv.slice(2);
const hub = openHub({ env: process.env, token: process.env.HF_TOKEN });
const { unchanged, treeId } = await push(hub, {
  from,
  environment,
  spaceName,
  ...(stateFolder ? { stateFolder } : {}),
});
// Not `resourceUsage`, whose peak begins with that of the process this one was started from.
const [, peak] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
process.stdout.write(JSON.stringify({ unchanged, treeId, rss: Number(peak) / 1024 }));
