import { join, resolve } from 'node:path';
import type { Config } from '@oclif/core';

/** Where everything of the stack lies: one folder, for its owner only. */
export interface StackPlaces {
  readonly folder: string;
  /** Ports, and the process that serves at the moment. */
  readonly document: string;
  /** Held while the stack is started or stopped. */
  readonly lock: string;
  readonly log: string;
  readonly kubeconfig: string;
  /** Spaces of the Hub. */
  readonly hub: string;
  /** Where clients of the Hub keep a login and what they have fetched. */
  readonly hubHome: string;
  /** Task roots and functions of AWS; made anew with every start. */
  readonly aws: string;
  readonly exec: string;
  readonly sessions: string;
}

/** The stack of the person, or the one that HAWSER_LOCAL_DIR names. */
export function stackPlaces(
  { dataDir }: Pick<Config, 'dataDir'>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): StackPlaces {
  return placesIn(env['HAWSER_LOCAL_DIR'] ? resolve(env['HAWSER_LOCAL_DIR']) : join(dataDir, 'local'));
}

/** Names of files and folders below the stack's. */
export function placesIn(folder: string): StackPlaces {
  return {
    folder,
    document: join(folder, 'stack.json'),
    lock: join(folder, 'lock'),
    log: join(folder, 'stack.log'),
    kubeconfig: join(folder, 'kubeconfig'),
    hub: join(folder, 'hub'),
    hubHome: join(folder, 'huggingface'),
    aws: join(folder, 'aws'),
    exec: join(folder, 'exec'),
    sessions: join(folder, 'sessions'),
  };
}
