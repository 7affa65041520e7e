import type { SSMClient } from '@aws-sdk/client-ssm';
import type { SecretRecord } from '@hawser/exec-client/contract';
import { gitCredentialOf } from '../../core/git-credential.js';
import { ExecBackendError } from '../../errors.js';
import type { Secrets } from '../../ports.js';
import { stackNames } from '../names.js';
import { patiently, type Pause, pauseByClock } from '../patience.js';
import { awsCode } from '../sdk-failure.js';

/** How secrets are reached. */
export interface ParameterSecretsOptions {
  readonly stack: string;
  /** Called when the first secret is asked for. */
  readonly client: () => Promise<SSMClient>;
  readonly nowMs: () => number;
  readonly pause?: Pause;
}

/** Most names that GetParameters takes. @see AWS Systems Manager API reference, GetParameters */
const mostNames = 10;

/**
 * Keeps secrets as SecureString parameters below the stack's prefix, encrypted by the account's key of SSM: values of at
 * most 4 KB without charge, 8 KB with. `git/HOST` are the credentials of git servers.
 *
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_AWS_FAILED` where SSM cannot be reached or refuses,
 * `HAWSER_EXEC_BACKEND_BAD_INPUT` for a value that it does not take.
 */
export function createParameterSecrets(options: ParameterSecretsOptions): Secrets {
  const { pause = pauseByClock } = options;
  const { secretPrefix, gitPrefix, parameterPrefix } = stackNames(options.stack);

  const ask = async <T>(action: string, call: (client: SSMClient) => Promise<T>): Promise<T> => {
    try {
      const client = await options.client();
      return await patiently(() => call(client), pause);
    } catch (error) {
      if (awsCode(error) === 'ParameterNotFound') throw error;
      throw new ExecBackendError(
        'HAWSER_EXEC_BACKEND_AWS_FAILED',
        `SSM did not ${action} below ${parameterPrefix}: ${awsCode(error)}`,
        { details: { awsCode: awsCode(error) }, cause: error },
      );
    }
  };

  const parameterOf = (name: string): string =>
    name.startsWith('git/') ? `${gitPrefix}${encode(name.slice('git/'.length))}` : `${secretPrefix}${encode(name)}`;

  const nameOf = (parameter: string): string =>
    parameter.startsWith(gitPrefix)
      ? `git/${decode(parameter.slice(gitPrefix.length))}`
      : decode(parameter.slice(secretPrefix.length));

  const listBelow = async (prefix: string): Promise<SecretRecord[]> => {
    const { GetParametersByPathCommand } = await import('@aws-sdk/client-ssm');
    const found: SecretRecord[] = [];
    let token: string | undefined;
    do {
      const command: InstanceType<typeof GetParametersByPathCommand> = new GetParametersByPathCommand({
        Path: prefix.slice(0, -1),
        Recursive: true,
        WithDecryption: false,
        ...(token !== undefined && { NextToken: token }),
      });
      const page = await ask('list parameters', (client) => client.send(command));
      for (const { Name, Version, LastModifiedDate } of page.Parameters ?? []) {
        found.push({
          name: nameOf(Name ?? ''),
          version: Version ?? 1,
          updated_at: (LastModifiedDate ?? new Date(0)).toISOString(),
        });
      }
      token = page.NextToken;
    } while (token !== undefined);
    return found;
  };

  const resolve = async (parameters: readonly string[]): Promise<Map<string, string>> => {
    const { GetParametersCommand } = await import('@aws-sdk/client-ssm');
    const values = new Map<string, string>();
    const wanted = [...new Set(parameters)];
    for (let at = 0; at < wanted.length; at += mostNames) {
      const command = new GetParametersCommand({ Names: wanted.slice(at, at + mostNames), WithDecryption: true });
      const { Parameters = [] } = await ask('read parameters', (client) => client.send(command));
      for (const { Name, Value } of Parameters) values.set(Name ?? '', Value ?? '');
    }
    return values;
  };

  return {
    list: async () =>
      [...(await listBelow(secretPrefix)), ...(await listBelow(gitPrefix))].toSorted((left, right) =>
        left.name < right.name ? -1 : 1,
      ),

    put: async (name, value, by) => {
      const bytes = Buffer.byteLength(value);
      if (bytes === 0 || bytes > 8192) {
        throw new ExecBackendError(
          'HAWSER_EXEC_BACKEND_BAD_INPUT',
          `The value of secret ${name} has ${bytes} bytes; SSM keeps 1 to 8,192.`,
        );
      }
      const { PutParameterCommand } = await import('@aws-sdk/client-ssm');
      const command = new PutParameterCommand({
        Name: parameterOf(name),
        Value: value,
        Type: 'SecureString',
        // Advanced above 4 KB, and where it has been before: nothing becomes standard again.
        Tier: 'Intelligent-Tiering',
        Overwrite: true,
        ...(by !== undefined && { Description: `Stored by ${by}`.slice(0, 1024) }),
      });
      const { Version = 1 } = await ask('store a parameter', (client) => client.send(command));
      const updated_at = new Date(options.nowMs()).toISOString();
      return { name, version: Version, updated_at, ...(by !== undefined && { updated_by: by }) };
    },

    remove: async (name) => {
      const { DeleteParameterCommand } = await import('@aws-sdk/client-ssm');
      try {
        const command = new DeleteParameterCommand({ Name: parameterOf(name) });
        await ask('remove a parameter', (client) => client.send(command));
        return true;
      } catch (error) {
        if (awsCode(error) === 'ParameterNotFound') return false;
        throw error;
      }
    },

    resolve: async (names) => {
      const values = await resolve(names.map((name) => parameterOf(name)));
      return new Map(
        names.flatMap((name) => {
          const value = values.get(parameterOf(name));
          return value === undefined ? [] : [[name, value] as const];
        }),
      );
    },

    gitCredential: async (host) => {
      const parameter = parameterOf(`git/${host}`);
      const value = (await resolve([parameter])).get(parameter);
      return value === undefined ? undefined : gitCredentialOf(host, value);
    },
  };
}

/** What a parameter may not be named with is written as `_x` and its two hexadecimal digits, for each byte. */
function encode(name: string): string {
  return name.replaceAll(/_x|[^A-Za-z0-9_./-]/gu, (piece) =>
    piece === '_x'
      ? '_x5fx'
      : [...Buffer.from(piece)].map((byte) => `_x${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

function decode(name: string): string {
  return name.replaceAll(/(?:_x[0-9a-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('_x', ''), 'hex').toString());
}
