import type { ReceiptCheck } from '@hawser/receipts';
import type { Context } from '../context.js';
import type { ExecRunner } from './exec-runner.js';
import type { HfRule, HfTemplate } from './hf.js';
import type { SessionSource } from './session-source.js';
import type { TunnelProvider } from './tunnel-provider.js';

/** What a doctor's check is made with. */
export interface DoctorInput extends Pick<Context, 'aws' | 'state' | 'signal'> {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Each check that waits for somebody else gives up after this many milliseconds. */
  readonly timeoutMs: number;
  /** The folders of this person, as oclif gives them. */
  readonly folders: { readonly config: string; readonly data: string; readonly cache: string };
}

/** What one check found. */
export interface Finding {
  /** `skip`: there is nothing here that would need it. */
  readonly state: 'ok' | 'warn' | 'fail' | 'skip';
  /** What was found. */
  readonly found: string;
  /** The exact command that mends it, or the next step where no command does. */
  readonly next?: string;
  /** The same for programs; secrets are redacted by whoever prints it. */
  readonly facts?: Readonly<Record<string, string>>;
}

/** One check of `hawser doctor`. */
export interface DoctorCheck {
  /** Stable, for programs: `node`, `aws-identity`, `net-supervisor` … */
  readonly id: string;
  readonly title: string;
  /** The topic it belongs to: `net`, `exec` …; `hawser` for what all need. */
  readonly topic: string;
  /** What it is needed for, as the rest of a sentence: 'tunnels over ssh'. */
  readonly neededFor: string;
  /** Looks; changes nothing. */
  look(input: DoctorInput): Promise<Finding>;
  /** Mends what is Hawser's own, and says what was done. Absent where only the person can. */
  mend?(input: DoctorInput, finding: Finding): Promise<string>;
}

/** What a verifier says of a file. */
export interface Verification {
  /** `false` as soon as one check is `wrong`; `unknown` ones are listed in `missing`. */
  readonly ok: boolean;
  /** What kind of thing it is: `run`, `session`, `push`, `arc` … */
  readonly kind: string;
  /** Who made it, as far as it is known, and by which key. */
  readonly madeBy: { readonly issuer?: string; readonly keyId?: string; readonly known: boolean };
  /** When, in ISO 8601 with Z. */
  readonly madeAt?: string;
  /** What it claims, each as one sentence. */
  readonly claims: readonly string[];
  readonly checked: readonly ReceiptCheck[];
  /** What could not be checked, and what would be needed to do it. */
  readonly missing: readonly string[];
}

/** What a verifier is given beside the file. */
export interface VerifyInput {
  /** PEM public keys, or JWKS documents, that the person named. */
  readonly publicKeys: readonly string[];
  /** The log the receipt speaks of, if there is one: a path. */
  readonly log?: string;
  /** The receipt before this one: a path. */
  readonly previous?: string;
  readonly folders: DoctorInput['folders'];
  readonly signal: AbortSignal;
}

/** Verifies one kind of file for `hawser verify`. */
export interface ReceiptVerifier {
  /** Kinds of receipts (`kind` of the claim), or payload types of envelopes, that it takes. */
  readonly kinds: readonly string[];
  /** Whether a file that is no receipt of a known kind is its business; looks at no more than the first 64 KiB. */
  recognizes?(head: Buffer): boolean;
  verify(path: string, input: VerifyInput): Promise<Verification>;
}

/** The places at which a plugin adds to what is there, and what it adds there. */
export interface ExtensionPoints {
  readonly 'doctor-check': DoctorCheck;
  readonly 'receipt-verifier': ReceiptVerifier;
  readonly 'tunnel-provider': TunnelProvider;
  readonly 'exec-runner': ExecRunner;
  readonly 'session-source': SessionSource;
  readonly 'hf-rule': HfRule;
  readonly 'hf-template': HfTemplate;
}

/** One thing that a plugin added, not loaded yet. */
export interface Extension<T> {
  /** Its name in the plugin's manifest. */
  readonly name: string;
  /** The plugin it comes from. */
  readonly plugin: string;
  load(): Promise<T>;
}
