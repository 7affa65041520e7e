import type { Credentials } from '../http/sigv4.js';
import type { SessionDocument } from './documents.js';

/** What goes wrong at the gateway, repeatably: the same seed and the same frames give the same run. Rates are 0 to 1, per frame. */
export interface ChaosOptions {
  readonly lose?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
  readonly truncate?: number;
  /** Frames are held back for up to this long. */
  readonly delayMs?: number;
  /** A side's socket is cut about this often (close 1000 `Bye`, 1006, or a TCP reset, by the seed). */
  readonly cutEveryMs?: number;
  /** A socket stays open and says nothing more, about this often. */
  readonly halfOpenEveryMs?: number;
  /** pause_publication and start_publication alternate about this often. */
  readonly pauseEveryMs?: number;
}

/** One managed node. Its shell is a real one on this machine. */
export interface TargetSpec {
  readonly id: string;
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Default true; `false` makes StartSession answer TargetNotConnected. */
  readonly online?: boolean;
  readonly platform?: string;
  readonly ip?: string;
  /** `external`: no agent is started; a real session worker attaches itself over the wire. Default `builtin`. */
  readonly agent?: 'builtin' | 'external';
}

/** How the agents behave. Defaults: today's agent, unpaced. */
export interface AgentOptions {
  /** Version stated in the handshake. Default `3.3.4851.0`. */
  readonly version?: string;
  /** The real agent's pace: at most 1,024 bytes and a pause of 1 ms per message. Default false. */
  readonly paced?: boolean;
  /** Payload of data messages when not paced. Default 32,768. */
  readonly payloadBytes?: number;
  /** Refuse input frames with a wrong digest (the real agent does not look). Default true. */
  readonly checkDigests?: boolean;
  /** KMS key id: shells and commands are encrypted. `challenge`: send the random challenge, and with `required` insist on its acknowledgement. */
  readonly kms?: { readonly keyId: string; readonly challenge?: 'none' | 'offered' | 'required' };
  /** Destinations besides the built-in forbidden ones that port sessions refuse. */
  readonly forbiddenHosts?: readonly string[];
  /** Largest input payload acknowledged; larger ones are silently dropped (to test the size probe). */
  readonly maxInputPayloadBytes?: number;
  /** The real agent's treatment of UTF-8 in shells and commands: see the README's limits. Default true. */
  readonly quirks?: boolean;
  /** How long the agent waits for an answer to its handshake. Default 15 s, as the real one. */
  readonly handshakeTimeoutMs?: number;
  /** How long an ending session waits for its last acknowledgements. Default 2 s, as the real one. */
  readonly closeWaitMs?: number;
  /** Added to this process's environment for shells and commands. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Working directory of shells and commands. Default: this process's. */
  readonly directory?: string;
}

/** How the gateway behaves. */
export interface GatewayOptions {
  /** Sockets are cut with close 1000 `Bye` after this long; the service does it at about 60 minutes. */
  readonly cutAfterMs?: number;
  /** Largest frame the gateway relays; a larger one closes the socket with 1009. Default 2 MiB. */
  readonly maxFrameBytes?: number;
  /** A session without data either way ends after this long. Default 20 minutes, as the service. */
  readonly idleTimeoutMs?: number;
}

/** How the emulator is started. */
export interface SsmEmulatorOptions {
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly region?: string;
  readonly seed?: number;
  readonly chaos?: ChaosOptions;
  /** Besides the built-in ones; one with the id of a built-in replaces it. */
  readonly targets?: readonly TargetSpec[];
  /** Session documents besides AWS's own. */
  readonly documents?: readonly SessionDocument[];
  /** The only key pair accepted. Default: fixed dummies. */
  readonly credentials?: Credentials;
  readonly agent?: AgentOptions;
  readonly gateway?: GatewayOptions;
  /** API refusals to provoke, by operation, e.g. `{ ResumeSession: 'AccessDeniedException' }`. */
  readonly refuse?: Readonly<Record<string, string>>;
  /** Signatures older or newer than this are refused. Default 5 minutes, as AWS. */
  readonly clockSkewMs?: number;
  /** What the emulator believes the time is, relative to this machine's clock. */
  readonly clockOffsetMs?: number;
}

/** A session as the emulator sees it. */
export interface EmulatedSession {
  readonly id: string;
  readonly target: string;
  readonly document: string;
  readonly state: 'Connected' | 'Terminated';
  /** Version the client put into OpenDataChannel. */
  readonly clientVersion: string | undefined;
  /** Whether the websocket upgrade carried a valid SigV4 signature: `none`, `valid` or `invalid`. */
  readonly signature: 'none' | 'valid' | 'invalid';
  /** Digest and length of all data the agent accepted from the client, in order. */
  readonly received: { readonly bytes: number; readonly sha256: string };
  readonly reconnects: number;
}

/** Faults a test may cause by hand. */
export interface GatewayControls {
  /** Closes the client's socket (default close 1000 `Bye`). `reset` destroys the TCP connection instead. */
  cut(sessionId?: string, how?: { readonly code?: number; readonly reason?: string; readonly reset?: boolean }): void;
  /** The client's socket stays open, and nothing more is relayed or answered on it, pings included. */
  stall(sessionId?: string): void;
  pause(sessionId?: string): void;
  resume(sessionId?: string): void;
  /** Stops listening and drops every socket; sessions and agents live on. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
  /** The agent's worker dies without a word. */
  killAgent(sessionId?: string): void;
}

/** A running Session Manager: API, gateway and agents on loopback. */
export interface SsmEmulator extends AsyncDisposable {
  /** e.g. `http://127.0.0.1:41235`: for `--endpoint-url`, and every service it emulates. */
  readonly endpoint: string;
  readonly region: string;
  readonly targets: readonly TargetSpec[];
  /** What a client needs: AWS_ENDPOINT_URL, region, dummy keys, no metadata service, no pager. */
  readonly env: Readonly<Record<string, string>>;
  readonly sessions: readonly EmulatedSession[];
  readonly gateway: GatewayControls;
  /** Calls received, by operation, oldest first. */
  readonly calls: readonly {
    readonly operation: string;
    readonly input: unknown;
    readonly signature: 'none' | 'valid' | 'invalid';
  }[];
  close(): Promise<void>;
}
