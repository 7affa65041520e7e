import { toFailure } from '@hawser/cli-kit';
import { requestHandler } from '../aws/request-handler.js';
import type { Check, CheckInput } from './check.js';

const id = 'aws-identity';
const title = 'AWS identity';

/** Who AWS takes us for. STS GetCallerIdentity needs no permission, so what it refuses is wrong with the credentials. */
export async function checkAwsIdentity(input: CheckInput): Promise<Check> {
  const late = AbortSignal.timeout(input.timeoutMs);
  try {
    const { account, arn, region } = await settleBy(callerIdentity(input, late), AbortSignal.any([input.signal, late]));
    return { id, title, state: 'ok', found: `${arn} in ${region}`, facts: { account, arn, region } };
  } catch (error) {
    input.signal.throwIfAborted();
    if (late.aborted) {
      return {
        id,
        title,
        state: 'fail',
        found: `no answer within ${input.timeoutMs / 1000} s`,
        next: 'Check the network, the endpoint URL and the proxy settings (HTTPS_PROXY, NO_PROXY).',
        facts: { code: 'HAWSER_SSM_ENDPOINT_UNREACHABLE' },
      };
    }
    const { explainSdkError } = await import('@hawser/ssm-channel/aws');
    const profile = input.aws.settings.profile ?? input.environment['AWS_PROFILE'];
    const { message, hint = '', code } = toFailure(explainSdkError(error, { operation: 'GetCallerIdentity', profile }));
    return { id, title, state: 'fail', found: message, next: hint, facts: { code } };
  }
}

async function callerIdentity(
  { aws, signal }: CheckInput,
  late: AbortSignal,
): Promise<{ account: string; arn: string; region: string }> {
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const { profile, endpointUrl } = aws.settings;
  const region = await (await aws.api()).region();
  // The same way out as every other call takes: through the proxy, if there is one.
  const handler = await requestHandler(aws, endpointUrl ?? `https://sts.${region}.amazonaws.com/`);
  const client = new STSClient({
    region,
    maxAttempts: 1,
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
    ...(handler === undefined ? {} : { requestHandler: handler }),
  });
  try {
    const abortSignal = AbortSignal.any([signal, late]);
    const { Account = 'unknown', Arn = 'unknown' } = await client.send(new GetCallerIdentityCommand({}), {
      abortSignal,
    });
    return { account: Account, arn: Arn, region };
  } finally {
    client.destroy();
  }
}

/** The credential providers of the SDK do not all look at a signal. */
function settleBy<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
