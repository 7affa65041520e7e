import type { AwsApi } from '../aws/api.js';
import type { ChannelTuning } from '../session/session-type.js';
import type { DigestAlgorithm } from './digest.js';

/** Where a copy stands. Sparse: about a hundred for a large file, a few for a small one. */
export interface CopyProgress {
  /** `verifying`: what an earlier copy left is compared, or all bytes are there and the digest is. */
  readonly phase: 'copying' | 'verifying';
  /** Bytes of the file that are in place, those of an earlier copy included. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/** What a copy made. */
export interface CopyResult {
  /** The file that was written, as far as its path is known here. */
  readonly path: string;
  readonly bytes: number;
  /** Where the copy began: above 0 when it went on with what an earlier one had left. */
  readonly resumedAt: number;
  /** Computed at both ends, and equal. */
  readonly digest: { readonly algorithm: DigestAlgorithm; readonly value: string };
}

/** What both directions take. */
export interface CopyOptions {
  readonly api: Pick<
    AwsApi,
    'startSession' | 'resumeSession' | 'terminateSession' | 'generateDataKey' | 'describeInstances' | 'upgrade'
  >;
  /** A target id, as `findTarget` gives it. */
  readonly target: string;
  readonly from: string;
  /** A folder that exists gets a file of the same name. */
  readonly to: string;
  /** Permission bits of the file made, e.g. `0o644`. Default: those of the file it replaces, else of the one copied. */
  readonly mode?: number;
  /** What an aborted copy had moved stays beside the destination, and the next copy goes on with it. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Numbers of the data channel underneath. */
  readonly tuning?: ChannelTuning;
}
