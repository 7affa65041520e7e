import type { Agent } from 'node:http';

/** What a websocket upgrade needs besides its URL. Asked anew for every attempt, so that fresh credentials sign it. */
export interface UpgradeOptions {
  /** Extra request headers, e.g. a SigV4 signature of the upgrade. Empty: the request goes out unsigned. */
  headers?(streamUrl: string, options: { readonly signal?: AbortSignal }): Promise<Readonly<Record<string, string>>>;
  /** The agent to connect through, e.g. one for a proxy. */
  agent?(streamUrl: string): Agent | undefined | Promise<Agent | undefined>;
  /** Certificates trusted besides the built-in ones, PEM. */
  ca?(): readonly string[] | undefined | Promise<readonly string[] | undefined>;
}
