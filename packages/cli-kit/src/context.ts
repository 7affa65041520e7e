import type { Store } from '@hawser/state-store';
import { createAws } from './aws.js';
import type { Aws } from './aws.js';
import type { Cleanup } from './cleanups.js';
import type { InstalledPlugin } from './extensions/find.js';
import type { Extension, ExtensionPoints } from './extensions/points.js';
import type { Interrupts } from './interrupt.js';
import type { Out } from './output/out.js';
import { isCi } from './output/style.js';
import { createAsk } from './prompt.js';
import type { Ask } from './prompt.js';

/** What every command may use besides its own words. */
export interface Context {
  readonly aws: Aws;
  readonly out: Out;
  readonly ask: Ask;
  /** Opens the state folder that belongs to the working directory; touches nothing yet. */
  readonly state: () => Promise<Store>;
  /** Aborts at the first Ctrl-C, SIGTERM or hang-up, and when nobody reads our output any more. */
  readonly signal: AbortSignal;
  /** From now on Ctrl-C is the business of a child that shares our terminal and hears of it itself. */
  readonly leaveCtrlC: () => void;
  /** Takes something down when the command ends, however it ends; last made, first gone. */
  readonly onEnd: (cleanup: Cleanup) => void;
  /**
   * What the person's plugins add at a point, in the order of their names. Only manifests are looked at; a module
   * is imported by `load()`, which throws HAWSER_CLI_EXTENSION_BROKEN where that cannot be done.
   */
  readonly extensions: <P extends keyof ExtensionPoints>(point: P) => Promise<readonly Extension<ExtensionPoints[P]>[]>;
}

/** Makes the context of one run of a command. */
export function createContext({
  flags,
  out,
  interrupts,
  writer,
  onEnd,
  plugins,
}: {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly out: Out;
  readonly interrupts: Interrupts;
  /** Stored with each version of a document: which program wrote it. */
  readonly writer: { readonly tool: string; readonly version: string };
  readonly onEnd: (cleanup: Cleanup) => void;
  /** What is installed beside the command line itself. */
  readonly plugins: () => Iterable<InstalledPlugin>;
}): Context {
  const interactive = process.stdin.isTTY && process.stderr.isTTY && !out.json && !isCi(process.env);
  const { signal } = interrupts;
  return {
    aws: createAws({ flags, onEnd }),
    out,
    ask: createAsk({ interactive, signal }),
    state: async () => {
      const { openStore } = await import('@hawser/state-store');
      return openStore({ from: process.cwd(), writer });
    },
    signal,
    leaveCtrlC: () => interrupts.leaveCtrlC(),
    onEnd,
    extensions: async (point) => {
      const { findExtensions } = await import('./extensions/find.js');
      return findExtensions(point, plugins());
    },
  };
}
