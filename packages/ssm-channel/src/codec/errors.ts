/** Every code an {@link SsmCodecError} can carry. A code never changes its meaning. */
export type SsmCodecErrorCode =
  // A frame that cannot be taken for a message.
  | 'HAWSER_SSM_FRAME_SHORT'
  | 'HAWSER_SSM_FRAME_HEADER'
  | 'HAWSER_SSM_FRAME_TYPE'
  | 'HAWSER_SSM_FRAME_DATE'
  | 'HAWSER_SSM_FRAME_DIGEST'
  // A payload that does not have the shape of its type.
  | 'HAWSER_SSM_PAYLOAD'
  // Fields that no frame can carry.
  | 'HAWSER_SSM_ENCODE_EMPTY'
  | 'HAWSER_SSM_ENCODE_FIELD';

/** What every error of one code has in common. */
export interface SsmCodecErrorRow {
  /** 1: what arrived is wrong. 2: what was to be sent is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next. */
  readonly hint: string;
}

const foreign =
  'The far side, or something in between, does not speak the Session Manager protocol: check the stream URL.';

/** Exit code and hint of every code. The error reference is made from it. */
export const ssmCodecErrors: Readonly<Record<SsmCodecErrorCode, SsmCodecErrorRow>> = {
  HAWSER_SSM_FRAME_SHORT: { exitCode: 1, hint: foreign },
  HAWSER_SSM_FRAME_HEADER: { exitCode: 1, hint: foreign },
  HAWSER_SSM_FRAME_TYPE: { exitCode: 1, hint: foreign },
  HAWSER_SSM_FRAME_DATE: { exitCode: 1, hint: foreign },
  HAWSER_SSM_FRAME_DIGEST: {
    exitCode: 1,
    hint: 'The frame was damaged or cut on its way: do not acknowledge it, and its sender will repeat it.',
  },
  HAWSER_SSM_PAYLOAD: { exitCode: 1, hint: foreign },
  HAWSER_SSM_ENCODE_EMPTY: { exitCode: 2, hint: 'Send no message where there is nothing to say.' },
  HAWSER_SSM_ENCODE_FIELD: { exitCode: 2, hint: 'Correct the field that is named.' },
};

/** Thrown by everything in the codec that reads or writes messages, and by nothing else. */
export class SsmCodecError extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'SsmCodecError', configurable: true, writable: true });
  }

  readonly code: SsmCodecErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;

  constructor(code: SsmCodecErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.exitCode = ssmCodecErrors[code].exitCode;
    this.hint = ssmCodecErrors[code].hint;
  }
}
