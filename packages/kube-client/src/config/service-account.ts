import { access, readFile } from 'node:fs/promises';
import type { ClusterOptions } from '../types.js';
import type { Access } from './access.js';

/** Where every pod finds its own (Kubernetes documentation, "Accessing the Kubernetes API from a Pod"). */
const standardFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Undefined outside of a pod. The token's file is read again and again, since it is replaced every hour. */
export async function readServiceAccount(
  env: NonNullable<ClusterOptions['env']>,
  folder: string = standardFolder,
): Promise<Access | undefined> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port) return undefined;
  try {
    await access(`${folder}/token`);
  } catch {
    return undefined;
  }
  const namespace = await readFile(`${folder}/namespace`, 'utf8').catch(() => 'default');
  return {
    context: 'in-cluster',
    namespace: namespace.trim(),
    cluster: {
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      'certificate-authority': `${folder}/ca.crt`,
    },
    user: { tokenFile: `${folder}/token` },
    clusterFolder: folder,
    userFolder: folder,
  };
}
