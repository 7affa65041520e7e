/** Status codes of the errors that are not 400. */
const statuses: Readonly<Record<string, number>> = {
  InternalServerError: 500,
  ServerException: 500,
  KMSInternalException: 500,
  ServiceUnavailableException: 503,
};

/** An answer in AWS's error shape. It never leaves the emulator as an exception: the API writes it to the client. */
export class AwsError extends Error {
  readonly type: string;
  readonly status: number;
  /** What the error's shape has besides its text. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    type: string,
    message: string,
    more: { readonly status?: number; readonly members?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message);
    this.type = type;
    this.status = more.status ?? statuses[type] ?? 400;
    this.members = more.members ?? {};
  }

  static {
    this.prototype.name = 'AwsError';
  }
}

const messages: Readonly<Record<string, string>> = {
  AccessDeniedException: 'User: arn:aws:iam::123456789012:user/hawser is not authorized to perform this operation.',
  ExpiredTokenException: 'The security token included in the request is expired',
  ThrottlingException: 'Rate exceeded',
  InternalServerError: 'An internal error occurred.',
};

/** The error a test asked to be provoked, with the words AWS uses where they are known. */
export function provokedError(type: string): AwsError {
  return new AwsError(type, messages[type] ?? "Refused on request of the emulator's user.");
}
