import type { SSMClient } from '@aws-sdk/client-ssm';
import { createSigner, createSigningKey, readSigningKey, type Signer } from '@hawser/receipts';
import { stackNames } from '../names.js';
import { awsCode } from '../sdk-failure.js';

/**
 * The signer of a stack's receipts. Its private key is a SecureString parameter, made by whoever comes first: of several
 * that come at once, all get the same.
 */
export async function openParameterSigner(stack: string, client: () => Promise<SSMClient>): Promise<Signer> {
  const { GetParameterCommand, PutParameterCommand } = await import('@aws-sdk/client-ssm');
  const name = stackNames(stack).signerParameter;
  const ssm = await client();
  for (;;) {
    try {
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
      return createSigner(readSigningKey(Parameter?.Value ?? ''));
    } catch (error) {
      if (awsCode(error) !== 'ParameterNotFound') throw error;
    }
    const { privateKey } = createSigningKey();
    try {
      await ssm.send(
        new PutParameterCommand({ Name: name, Value: privateKey, Type: 'SecureString', Overwrite: false }),
      );
    } catch (error) {
      if (awsCode(error) !== 'ParameterAlreadyExists') throw error;
    }
  }
}
