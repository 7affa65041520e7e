import type { Aws } from '@hawser/cli-kit';
import { type Account, openAccount } from '@hawser/exec-backend/aws';
import { requestHandler } from '../../aws/request-handler.js';

/** Opens the account that the flags choose, past the proxy if there is one. Closed when the command ends. */
export async function accountOf({
  aws,
  onEnd,
}: {
  readonly aws: Aws;
  readonly onEnd: (cleanup: () => void) => void;
}): Promise<Account> {
  const account = openAccount({
    ...aws.settings,
    requestHandler: await requestHandler(aws, aws.settings.endpointUrl ?? 'https://cloudformation.amazonaws.com/'),
  });
  onEnd(() => account[Symbol.dispose]());
  return account;
}
