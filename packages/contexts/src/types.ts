/** A tunnel that is up, as the person's supervisor tells it; contexts and env files ask for it by name. */
export interface LiveTunnel {
  readonly name: string;
  readonly set: string;
  /** `127.0.0.1` and the like. */
  readonly host: string;
  readonly port: number;
  readonly healthy: boolean;
  /** Variables the tunnel hands to programs, filled in. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Asks for the tunnels there are: `recorded` are those of the state file, `live` those that a supervisor answers for.
 * Passed in by the caller, so that this package knows nothing of supervisors.
 */
export type TunnelLookup = () => Promise<{
  readonly live: readonly LiveTunnel[];
  /** Names and ports that are written down but that nobody answers for. */
  readonly dead: readonly { readonly name: string; readonly port: number }[];
}>;

/** Environment variables, as of `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;
