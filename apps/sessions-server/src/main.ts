import { fileURLToPath } from 'node:url';
import { SessionsError } from '@hawser/k8s-sessions';

type Program = (args: readonly string[], pageFolder: string) => Promise<number>;

const programs: Readonly<Record<string, () => Promise<Program>>> = {
  controller: async () => (await import('./controller.js')).runController,
  gateway: async () => (await import('./gateway.js')).runGateway,
  runner: async () => (await import('./runner.js')).runRunnerProcess,
  migrate: async () => (await import('./migrate.js')).runMigrations,
  probe: async () => (await import('./probe.js')).runProbe,
};

/** Runs the program that the first argument names; its exit code is the process's. */
export async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const program = programs[name];
  if (!program) {
    process.stderr.write(`Usage: hawser-sessions ${Object.keys(programs).join('|')}\n`);
    return 2;
  }
  try {
    const run = await program();
    // Beside the one file that keeps its place when the program is bundled.
    return await run(args, fileURLToPath(new URL('page', import.meta.url)));
  } catch (error) {
    if (!(error instanceof SessionsError)) throw error;
    process.stderr.write(`${error.message}\n${error.hint}\n`);
    return error.exitCode;
  }
}
