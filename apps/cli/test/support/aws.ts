import { join } from 'node:path';
import { startKubeEmulator } from '@hawser/emulators/kube';
import { clusterAnswer, iamAnswers } from '../../../../test/support/aws-answers.js';
import { verifyEksToken } from '../../../../test/support/eks-verifier.js';
import {
  type AskedOfAws,
  type AwsAnswer,
  callerIdentityAnswer,
  startAwsStandIn,
} from '../../../../test/support/aws-stand-in.js';
import { eksTokenCommand } from '../../src/aws/eks-token-command.js';

/** Who the world's credentials belong to. */
export const callerArn = 'arn:aws:iam::123456789012:user/me';

/** An account with one cluster, `staging`, in which all is well unless a test says otherwise. */
export interface AwsWorld extends AsyncDisposable {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  /** A context `emulated` that leads to the cluster by our plugin. */
  readonly kubeconfig: string;
  /** Answers in place of the account, where it has something to say. */
  says: (asked: AskedOfAws) => AwsAnswer | undefined;
  close(): Promise<void>;
}

/** Starts it on loopback. `secret` is the secret key, for tests that look for it afterwards. */
export async function openAwsWorld({ secret }: { readonly secret: string }): Promise<AwsWorld> {
  const cluster = await startKubeEmulator({
    authenticate: (token) => {
      const hosts = ['sts.eu-west-1.amazonaws.com'];
      const keys = { AKIDPERSON: { secretAccessKey: secret } };
      const verified = verifyEksToken(token, { cluster: 'staging', hosts, keys, nowMs: Date.now() });
      return 'accessKeyId' in verified ? { user: 'ops', groups: [] } : undefined;
    },
  });
  const aws = await startAwsStandIn((asked) => world.says(asked) ?? account(asked));
  const issuer = `${aws.url}/id`;
  const provider = `arn:aws:iam::123456789012:oidc-provider/${issuer.replace('http://', '')}`;
  const iam = iamAnswers({ providers: { [provider]: ['sts.amazonaws.com'] } });
  const documents: Readonly<Record<string, object>> = {
    '/id/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
    '/id/keys': { keys: [{}] },
    // Session Manager, which is asked for nodes.
    '/': { InstanceInformationList: [] },
  };
  const account = (asked: AskedOfAws): AwsAnswer | undefined => {
    if (asked.action === 'GetCallerIdentity') return callerIdentityAnswer(callerArn);
    if (asked.action === '/clusters/staging') {
      return clusterAnswer({ endpoint: cluster.url, caPem: cluster.caPem, issuer });
    }
    const document = documents[asked.action];
    return document === undefined ? iam(asked) : { body: JSON.stringify(document) };
  };
  const { command, args } = eksTokenCommand(join(import.meta.dirname, '../..'));
  const exec = { command, args: [...args, '--cluster-name', 'staging', '--region', 'eu-west-1'] };
  const close = async (): Promise<void> => {
    await Promise.all([aws.close(), cluster.close()]);
  };
  const world: AwsWorld = {
    url: aws.url,
    env: {
      AWS_ACCESS_KEY_ID: 'AKIDPERSON',
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: aws.url,
    },
    kubeconfig: cluster.kubeconfig({ exec }),
    says: () => undefined,
    close,
    [Symbol.asyncDispose]: close,
  };
  return world;
}
