// Our pusher as a whole process: environment FOLDER to the Space NAME.
import { openHub, push } from '../../../packages/hf-push/dist/index.js';

const [from, environment, spaceName, stateFolder] = process.argv.slice(2);
const hub = openHub({ env: process.env, token: process.env.HF_TOKEN });
const { unchanged, treeId } = await push(hub, {
  from,
  environment,
  spaceName,
  ...(stateFolder ? { stateFolder } : {}),
});
process.stdout.write(JSON.stringify({ unchanged, treeId, rss: process.resourceUsage().maxRSS / 1024 }));
