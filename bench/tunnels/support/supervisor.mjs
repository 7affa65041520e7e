// A supervisor with the providers of the product.
import { createProviders, runSupervisor } from '@hawser/tunnels/supervisor';

await runSupervisor({ process, providers: createProviders(), drainMs: 200 });
process.exit(0);
