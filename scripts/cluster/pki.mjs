// Certificates of the test cluster: one authority, and who stands behind it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} folder
 * @param {string} node
 */
export function makePki(folder, node) {
  const ca = { key: join(folder, 'ca.key'), crt: join(folder, 'ca.crt') };
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=hawser-test-ca',
    '-keyout',
    ca.key,
    '-out',
    ca.crt,
  );
  const servers =
    'IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc';
  /** @param {string} name @param {string} subject @param {string} [alternatives] */
  const issue = (name, subject, alternatives) => {
    const key = join(folder, `${name}.key`);
    const csr = join(folder, `${name}.csr`);
    const crt = join(folder, `${name}.crt`);
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', subject, '-keyout', key, '-out', csr);
    const extensions = join(folder, `${name}.ext`);
    writeFileSync(
      extensions,
      `extendedKeyUsage=serverAuth,clientAuth\n${alternatives ? `subjectAltName=${alternatives}\n` : ''}`,
    );
    openssl(
      'x509',
      '-req',
      '-in',
      csr,
      '-CA',
      ca.crt,
      '-CAkey',
      ca.key,
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      extensions,
      '-out',
      crt,
    );
    return { key, crt };
  };
  const pki = {
    ca,
    apiServer: issue('apiserver', '/CN=kube-apiserver', servers),
    toKubelet: issue('to-kubelet', '/O=system:masters/CN=kube-apiserver-kubelet-client'),
    admin: issue('admin', '/O=system:masters/CN=admin'),
    controllerManager: issue('controller-manager', '/CN=system:kube-controller-manager'),
    scheduler: issue('scheduler', '/CN=system:kube-scheduler'),
    node: issue('node', `/O=system:nodes/CN=system:node:${node}`, `IP:127.0.0.1,DNS:${node}`),
    serviceAccounts: { key: join(folder, 'sa.key'), pub: join(folder, 'sa.pub') },
  };
  openssl('genrsa', '-out', pki.serviceAccounts.key, '2048');
  openssl('rsa', '-in', pki.serviceAccounts.key, '-pubout', '-out', pki.serviceAccounts.pub);
  return pki;
}

/**
 * @param {{ ca: { crt: string } }} pki
 * @param {{ key: string, crt: string }} who
 * @param {string} server
 */
export function kubeconfigFor(pki, who, server) {
  const b64 = (/** @type {string} */ file) => readFileSync(file).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': b64(pki.ca.crt) } }],
    users: [{ name: 'test', user: { 'client-certificate-data': b64(who.crt), 'client-key-data': b64(who.key) } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  });
}

/** @param {readonly string[]} args */
function openssl(...args) {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
