/** What is read of an error of the SDK. */
interface SdkFailure {
  readonly name?: string;
  readonly message?: string;
}

/** The name that AWS gave an error; `Error` where it was none of its own. */
export function awsCode(error: unknown): string {
  return (error as SdkFailure).name ?? 'Error';
}

/** Names for "slow down", of all services that are called here. */
const THROTTLED =
  /^(?:Throttling|ThrottlingException|ThrottledException|TooManyRequests(?:Exception)?|RequestLimitExceeded)$/;

/** Whether AWS asks to come back later. The SDK has tried three times by then. */
export function isThrottled(error: unknown): boolean {
  return THROTTLED.test(awsCode(error));
}
