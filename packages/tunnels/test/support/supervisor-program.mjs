// A program that is a supervisor, as the command line's own entry is one; with providers whose links tests can break.
//   FAKE_LINKS=FOLDER   links of kind ssh-bastion have a child process each, and obey the files in the folder
import { createProviders, runSupervisor } from '@hawser/tunnels/supervisor';
import { childProvider } from './child-provider.mjs';

const drainMs = Number(process.env.TEST_DRAIN_MS ?? '200');
await runSupervisor({
  process,
  providers: { ...createProviders(), 'ssh-bastion': async () => childProvider },
  drainMs,
});
process.exit(0);
