import type { SupervisorStatus, TunnelEvent, TunnelStatus } from '../status.js';
import type { TunnelSpec } from '../spec.js';
import type { JsonValue } from '../errors.js';
import type { TunnelSelector, WaitFor } from './seam.js';

/**
 * The version of the conversation on the control socket: lines of JSON over a unix socket that only its user reaches.
 * The supervisor greets first; then each request has an id, and any number of events and one answer carry it.
 */
export const PROTOCOL = 1;

export interface Greeting {
  readonly hawser: 'net';
  readonly protocol: number;
  readonly instance: string;
  readonly pid: number;
}

/** What can be asked, with what, and what comes back. */
export interface Operations {
  readonly status: { readonly ask: object; readonly answer: SupervisorStatus };
  readonly up: {
    readonly ask: { readonly specs: readonly TunnelSpec[]; readonly wait: WaitFor; readonly timeoutMs: number };
    readonly answer: readonly TunnelStatus[];
  };
  readonly down: {
    readonly ask: { readonly selector: TunnelSelector };
    readonly answer: {
      readonly stopped: readonly string[];
      readonly unknown: readonly string[];
      readonly leaves: boolean;
    };
  };
  readonly restart: { readonly ask: { readonly selector: TunnelSelector }; readonly answer: readonly string[] };
  readonly wait: {
    readonly ask: { readonly selector: TunnelSelector; readonly until: WaitFor; readonly timeoutMs: number };
    readonly answer: readonly TunnelStatus[];
  };
  /** Its answer comes when the supervisor leaves; until then there are events. */
  readonly events: { readonly ask: object; readonly answer: null };
}

export type Operation = keyof Operations;

export type Request =
  | { [Op in Operation]: { readonly id: number; readonly op: Op } & Operations[Op]['ask'] }[Operation]
  /** Calls off the request with this id; there is no answer to it. */
  | { readonly cancel: number };

export type Reply =
  | { readonly id: number; readonly event: TunnelEvent }
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly error: WireError }
  /** The last line of a supervisor that leaves in good order: what it has not answered it has not done. */
  | { readonly bye: true };

/** An error as it travels. */
export interface WireError {
  readonly code?: string | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly details?: Readonly<Record<string, JsonValue | undefined>> | undefined;
}
