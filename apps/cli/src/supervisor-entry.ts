import { createProviders, runSupervisor } from '@hawser/tunnels/supervisor';
import { pluginProvider } from './plugins/tunnels.js';

// The program that `net up` leaves behind: it keeps the tunnels of one project, and leaves with the last of them.
await runSupervisor({ process, providers: createProviders(() => pluginProvider()) });
// Sockets a provider forgot must not keep it.
process.exit();
