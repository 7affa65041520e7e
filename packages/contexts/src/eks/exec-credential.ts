import type { EksToken } from './token.js';

const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
const FALLBACK = 'client.authentication.k8s.io/v1beta1';

/**
 * What a credential plugin prints, in the version that `KUBERNETES_EXEC_INFO` asks for. Clients older than that variable
 * speak v1beta1, so that is the answer when it says nothing we know.
 *
 * @see Kubernetes documentation, "client-go credential plugins", input and output formats.
 */
export function execCredential({ token, expiresAt }: EksToken, execInfo: string | undefined): string {
  return `${JSON.stringify({
    kind: 'ExecCredential',
    apiVersion: askedVersion(execInfo),
    spec: {},
    status: { expirationTimestamp: expiresAt, token },
  })}\n`;
}

function askedVersion(execInfo: string | undefined): string {
  try {
    const { apiVersion } = JSON.parse(execInfo ?? '') as { apiVersion?: unknown };
    return VERSIONS.find((version) => version === apiVersion) ?? FALLBACK;
  } catch {
    return FALLBACK;
  }
}
