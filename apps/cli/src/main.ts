import { reportFailure } from '@hawser/cli-kit/start';
import { runOwnCommand } from './start/own-command.js';

export { commands } from './start/commands.js';
export { commandNotFound, Help } from './start/oclif-doors.js';

/** Runs one command line to its end, and ends the process when all output has been taken. `root` is our package. */
export async function main(argv: string[], root: string): Promise<never> {
  // The SDK would print its plans for Node 20 in the middle of a session.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const write = process.stderr.write.bind(process.stderr);
  process.once('uncaughtException', (thrown) => {
    // While a step of one of oclif's commands runs, it keeps to itself what is written.
    process.stderr.write = write;
    void reportFailure(thrown, argv).then((exitCode) => process.exit(exitCode));
  });
  // Nothing is under way any more, and the command waits for something: Node would say 0.
  process.once('beforeExit', () => {
    const thrown = new Error('the command stopped before it was done');
    void reportFailure(thrown, argv).then((exitCode) => process.exit(exitCode));
  });
  try {
    if (!(await runOwnCommand(root, argv))) {
      const { runAnyCommand } = await import('./start/any-command.js');
      await runAnyCommand(root, argv);
    }
  } catch (thrown) {
    process.exitCode = exitOf(thrown) ?? (await reportFailure(thrown, argv));
  }
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  // A command that has ended may leave sockets behind that would keep the process for their idle time.
  process.exit();
}

/** The code of an error with which a command of oclif's plugins says that it is done. */
function exitOf(thrown: unknown): number | undefined {
  const { code, oclif } = thrown as { code?: unknown; oclif?: { exit?: number } };
  return code === 'EEXIT' ? (oclif?.exit ?? 0) : undefined;
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
