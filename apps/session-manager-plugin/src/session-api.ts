import { type AwsApi, createAwsApi } from '@hawser/ssm-channel/aws';
import { type SsmApi, SsmChannelError } from '@hawser/ssm-channel';
import { strings } from './strings.js';
import type { SessionRequest } from './validate.js';

const skipped = 'SSM_PLUGIN_SKIP_CLIENT_CONFIGURE is set';

/** The AWS calls of one session, as far as its caller lets us make them. */
export function createSessionApi(request: SessionRequest, how: { readonly withoutAws: boolean }): SsmApi & Disposable {
  const aws = createAwsApi({
    ...(request.profile ? { profile: request.profile } : {}),
    ...(request.region ? { region: request.region } : {}),
    ...(request.endpointUrl ? { endpointUrl: request.endpointUrl } : {}),
  });
  const api: SsmApi = how.withoutAws ? withoutCredentials(aws) : aws;
  return {
    ...(api.upgrade ? { upgrade: api.upgrade } : {}),
    resumeSession: (sessionId, options) => api.resumeSession(sessionId, options),
    terminateSession: (sessionId, options) => api.terminateSession(sessionId, options),
    async generateDataKey(asked, options) {
      if (!request.mayEncrypt) throw new Error(strings.callerTooOld);
      return await api.generateDataKey(asked, options);
    },
    [Symbol.dispose]: () => aws[Symbol.dispose](),
  };
}

/** Proxies and certificates still count, but nothing is signed and nothing asked of AWS. */
function withoutCredentials({ upgrade }: AwsApi): SsmApi {
  return {
    upgrade: { agent: (url) => upgrade?.agent?.(url), ca: () => upgrade?.ca?.() },
    async resumeSession(sessionId) {
      throw new SsmChannelError(
        'HAWSER_SSM_RESUME_REFUSED',
        `The link of session ${sessionId} was lost, and ${skipped}`,
        {
          hint: 'Start a new session, with SSM_PLUGIN_SKIP_CLIENT_CONFIGURE unset to have its link kept.',
        },
      );
    },
    terminateSession: async () => undefined,
    async generateDataKey() {
      throw new Error(`KMS cannot be asked for a key: ${skipped}`);
    },
  };
}
