import { Args } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { SecretRecord } from '@hawser/exec-client/contract';
import { backendFlags } from '../../../exec/flags.js';

export default class ExecSecretsSet extends HawserCommand<typeof ExecSecretsSet, SecretRecord> {
  static override summary = 'Store a secret, whose value is typed unseen or read from standard input.';
  static override description =
    'A secret is handed to an execution by --secret, and masked in its log. git/HOST is what the clone logs in with at a git server: USER:TOKEN, or a private key for ssh.';
  static override args = { name: Args.string({ required: true, description: 'Name of the secret, or git/HOST.' }) };
  static override flags = { ...backendFlags };
  static override examples = [
    '<%= config.bin %> <%= command.id %> DEPLOY_TOKEN < token.txt',
    '<%= config.bin %> <%= command.id %> git/github.com < token.txt',
  ];

  protected async work(work: Work<typeof ExecSecretsSet>): Promise<Result<SecretRecord>> {
    const { openService } = await import('../../../exec/service.js');
    const { readSecretValue } = await import('../../../exec/read-secret.js');
    const { client } = await openService(work.flags, { ...work, config: this.config });
    const value = await readSecretValue(work.args.name, work);
    const secret = await client.secrets.set(work.args.name, value, { signal: work.signal });
    return { data: secret, text: `${secret.name} is stored, version ${secret.version}.` };
  }
}
