import type { ListrDefaultRendererLogLevels } from 'listr2';

/** What a step may do while it runs. */
export interface Step {
  /** Says how far it is; replaces what it said before. */
  readonly progress: (text: string) => void;
}

/** Shows a step with a spinner on a terminal; the step library is loaded only here. */
export async function runStepOnTerminal<T>(title: string, work: (step: Step) => Promise<T>): Promise<T> {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  let value: { readonly of: T } | undefined;
  await new Listr(
    [
      {
        title,
        task: async (_, task) => {
          value = { of: await work({ progress: (text) => void (task.output = text) }) };
        },
      },
    ],
    {
      // Steps are talk: they go to stderr. Signals are ours.
      rendererOptions: {
        logger: new ListrLogger<ListrDefaultRendererLogLevels>({
          processOutput: new ProcessOutput(process.stderr, process.stderr),
        }),
        collapseErrors: true,
        showErrorMessage: false,
      },
      registerSignalListeners: false,
    },
  ).run();
  // The run has ended without an error, so the step has.
  return value!.of;
}
