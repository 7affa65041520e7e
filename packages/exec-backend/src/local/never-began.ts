import type { ReasonCode } from '@hawser/exec-client/contract';

/** Why a command could not begin. */
export class NeverBegan extends Error {
  readonly reasonCode: ReasonCode;
  /** Whether another attempt may do better. */
  readonly retryable: boolean;

  constructor(reasonCode: ReasonCode, message: string, retryable = false) {
    super(message);
    this.reasonCode = reasonCode;
    this.retryable = retryable;
  }
}
