import type { DoctorInput, Finding } from '@hawser/cli-kit';
import { toFailure } from '@hawser/cli-kit';
import { unlessAborted } from '../wiring/abort.js';

/** What one check found, with what it is called. */
export interface Checked extends Finding {
  /** Stable, for programs: `node`, `aws-identity` … */
  readonly id: string;
  readonly title: string;
  readonly facts: Readonly<Record<string, string>>;
}

/** What `hawser doctor` tells of one check. */
export interface DoctorReport extends Checked {
  /** The topic it belongs to; `hawser` for what all need. */
  readonly topic: string;
  /** What it is needed for, as the rest of a sentence. */
  readonly neededFor: string;
  /** What `--fix` did about it. */
  readonly mended?: string;
  /** Whose check it is, where it is not ours. */
  readonly plugin?: string;
}

const gravity = { skip: 0, ok: 1, warn: 2, fail: 3 } as const;

/** The gravest of several findings; of equally grave ones the first. */
export function gravest<F extends Finding>(findings: readonly [F, ...F[]]): F {
  return findings.reduce((worst, each) => (gravity[each.state] > gravity[worst.state] ? each : worst));
}

/** An error as a finding. */
export function failing(error: unknown): Finding & { readonly facts: Readonly<Record<string, string>> } {
  const { message, hint, code } = toFailure(error);
  return { state: 'fail', found: message, ...(hint !== undefined && { next: hint }), facts: { code } };
}

/**
 * Looks for no longer than the time that a check has. Not everything looks at a signal: what is late goes on unheard.
 * `late` is what to say of it then.
 */
export async function inTime(
  { signal, timeoutMs }: Pick<DoctorInput, 'signal' | 'timeoutMs'>,
  look: (signal: AbortSignal) => Promise<Finding>,
  late: Omit<Finding, 'state' | 'found'> = {},
): Promise<Finding> {
  signal.throwIfAborted();
  // Not AbortSignal.any: in Node 20 nothing keeps what it makes, and one that was collected never aborts.
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    controller.abort();
  }, timeoutMs);
  try {
    return await unlessAborted(look(controller.signal), controller.signal);
  } catch (error) {
    signal.throwIfAborted();
    return isLate ? { state: 'fail', found: `no answer within ${timeoutMs / 1000} s`, ...late } : failing(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
