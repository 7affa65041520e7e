/** A value that survives JSON unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * What a receipt says: one format for every kind of work. `kind` names the kind and its version, e.g.
 * `hawser.execution/1`; `subject` is what it is about, `body` the kind's own facts.
 */
export interface ReceiptClaim {
  readonly kind: string;
  /** e.g. an execution id. */
  readonly subject: string;
  /** Who made it, in words. */
  readonly issuer: string;
  /** ISO 8601, UTC. */
  readonly issued_at: string;
  readonly body: { readonly [key: string]: Json | undefined };
  /** The receipt before this one in the same chain: its digest and number. Missing for the first. */
  readonly previous?: { readonly sha256: string; readonly number: number };
  /** Place in the chain, from 1. */
  readonly number: number;
}

/** DSSE envelope (secure-systems-lab/dsse, envelope.md): what is stored and handed about. */
export interface Envelope {
  /** `application/vnd.hawser.receipt+json`. */
  readonly payloadType: string;
  /** Base64 of the claim as canonical JSON (RFC 8785). */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** One thing that was looked at. */
export interface ReceiptCheck {
  /** e.g. `signature`, `signer`, `chain`, `log`. */
  readonly name: string;
  readonly verdict: 'ok' | 'wrong' | 'unknown';
  /** One sentence for people. */
  readonly text: string;
}

/** What a verifier found. `ok` only when nothing is wrong and the signer is known. */
export interface Verdict {
  readonly ok: boolean;
  readonly claim: ReceiptClaim | undefined;
  readonly keyId: string | undefined;
  readonly checks: readonly ReceiptCheck[];
}
