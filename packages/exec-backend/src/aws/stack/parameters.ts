import type { GitCredential } from '@hawser/exec-client/contract';
import { stackNames } from '../names.js';
import { createParameterSecrets } from '../secrets/parameters.js';
import type { Account } from './account.js';
import { call } from './call.js';

/** What DeleteParameters takes at once: its API reference. */
const AT_ONCE = 10;

/** Names of the parameters below a stack's prefix: secrets, credentials of git servers, the signer's key. */
export async function listParameters(
  account: Account,
  stack: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const [client, { GetParametersByPathCommand }] = await Promise.all([account.ssm(), import('@aws-sdk/client-ssm')]);
  const names: string[] = [];
  for (let NextToken: string | undefined, more = true; more; more = NextToken !== undefined) {
    const page = await call(
      'ssm:GetParametersByPath',
      (cancel) =>
        client.send(
          new GetParametersByPathCommand({
            Path: stackNames(stack).parameterPrefix.slice(0, -1),
            Recursive: true,
            WithDecryption: false,
            ...(NextToken !== undefined && { NextToken }),
          }),
          cancel,
        ),
      { signal },
    );
    names.push(...(page.Parameters ?? []).map(({ Name = '' }) => Name));
    NextToken = page.NextToken;
  }
  return names;
}

/** Removes parameters; one that is gone already is fine. */
export async function deleteParameters(
  account: Account,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const [client, { DeleteParametersCommand }] = await Promise.all([account.ssm(), import('@aws-sdk/client-ssm')]);
  for (let at = 0; at < names.length; at += AT_ONCE) {
    await call(
      'ssm:DeleteParameters',
      (cancel) => client.send(new DeleteParametersCommand({ Names: names.slice(at, at + AT_ONCE) }), cancel),
      { signal },
    );
  }
}

/** Keeps how to get into a git server, encrypted, where the service looks for it. What was there is overwritten. */
export async function storeGitCredential(account: Account, stack: string, credential: GitCredential): Promise<void> {
  const secrets = createParameterSecrets({ stack, client: () => account.ssm(), nowMs: Date.now });
  await secrets.put(`git/${credential.host}`, JSON.stringify(credential));
}
