import type { AgentOptions } from '../types.js';
import type { AgentLink, Verdict } from './link.js';

/** What a session is about: resolved when it was started. */
export interface SessionRequest {
  readonly sessionId: string;
  readonly target: string;
  readonly sessionType: string;
  readonly properties: Readonly<Record<string, string>>;
  /** In a container the agent runs commands without a shell around them. */
  readonly container: boolean;
}

/** How the agent behaves, defaults filled in. */
export interface AgentBehaviour extends Omit<AgentOptions, 'kms'> {
  readonly version: string;
  readonly paced: boolean;
  readonly payloadBytes: number;
  readonly checkDigests: boolean;
  readonly forbiddenHosts: readonly string[];
  readonly maxInputPayloadBytes: number;
  readonly quirks: boolean;
  readonly handshakeTimeoutMs: number;
  readonly closeWaitMs: number;
  readonly kms: AgentOptions['kms'];
  /** How a command is started within its target; as a process of this machine when missing. */
  readonly enter?: (request: SessionRequest, command: readonly string[]) => EnteredCommand;
}

/** A command, on its way into its target. */
export interface EnteredCommand {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What a plugin works with. */
export interface PluginContext {
  readonly request: SessionRequest;
  readonly behaviour: AgentBehaviour;
  readonly link: AgentLink;
  /** From the handshake; empty when it was skipped. */
  readonly clientVersion: string;
  /** Encrypts a payload when the session is encrypted. */
  seal(payload: Buffer): Buffer;
  /** Counts data the agent accepted from the client. */
  received(bytes: Buffer): void;
}

/** How a plugin ended. */
export interface PluginResult {
  /** What the service writes into `channel_closed`. */
  readonly output: string;
  /** Whether the agent flushes and says `Terminating` by itself before its result goes out. */
  readonly announces: boolean;
}

/** One kind of session, served. */
export interface Plugin {
  /** Runs the session; resolves when it ended by itself or was stopped. Never rejects. */
  run(): Promise<PluginResult>;
  /** One data message from the client, decrypted. */
  input(payloadType: number, payload: Buffer): Verdict;
  /** The link takes data again. */
  writable(): void;
  /** Ends everything at once. Resolves when nothing of it is left. */
  stop(): Promise<void>;
}

/** Makes a plugin for one session. */
export type PluginFactory = (context: PluginContext) => Plugin;

/** How the agent marks a failed session's output. */
export function failed(message: string): PluginResult {
  return { output: `\n----------ERROR-------\n${message}`, announces: false };
}
