import { stringify } from 'yaml';
import type { Certificate } from './tls/authority.js';

/** How somebody proves who they are. */
export type Credential =
  | { readonly token: string }
  | { readonly certificate: Certificate }
  | {
      readonly exec: {
        readonly command: string;
        readonly args?: readonly string[];
        readonly env?: Readonly<Record<string, string>>;
      };
    };

/** A kubeconfig with one context (client-go `clientcmd/api/v1`). */
export function writeKubeconfig(options: {
  readonly server: string;
  readonly caPem: string;
  readonly namespace?: string | undefined;
  readonly credential: Credential;
}): string {
  const name = 'emulated';
  const { namespace } = options;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: options.server, 'certificate-authority-data': base64(options.caPem) } }],
    users: [{ name, user: userOf(options.credential) }],
    contexts: [{ name, context: { cluster: name, user: name, ...(namespace !== undefined && { namespace }) } }],
    'current-context': name,
  });
}

function userOf(credential: Credential): object {
  if ('token' in credential) return { token: credential.token };
  if ('certificate' in credential) {
    const { certPem, keyPem } = credential.certificate;
    return { 'client-certificate-data': base64(certPem), 'client-key-data': base64(keyPem) };
  }
  const { command, args = [], env = {} } = credential.exec;
  return {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command,
      args,
      env: Object.entries(env).map(([name, value]) => ({ name, value })),
      interactiveMode: 'Never',
      provideClusterInfo: false,
    },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
