// The emulated Hub in a process of its own, so that its work is not counted as the pusher's.
import { startHubEmulator } from '@hawser/emulators/hub';

const hub = await startHubEmulator();
process.send({ endpoint: hub.endpoint, env: hub.env });
process.on('message', (question) => {
  if (question === 'requests') process.send({ requests: hub.requests.length });
  else void hub.close().then(() => process.disconnect());
});
