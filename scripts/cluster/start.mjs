// A real Kubernetes of one node on this machine: etcd, API server, controllers, scheduler, kubelet, containerd and runc,
// all on loopback and in folders of its own. Pods get addresses of a bridge that only this machine has.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { clusterProgram } from './build.mjs';
import { kubeconfigFor, makePki } from './pki.mjs';

const node = 'node-1';
const podRange = '10.244.77';
const bridge = 'hkc0';
const apiAddress = '10.96.0.1';

/**
 * @typedef {object} RealCluster
 * @property {string} kubeconfig Path of an administrator's.
 * @property {string} server
 * @property {string} folder Logs of every process are in it.
 * @property {string} gatewayAddress Where pods reach this machine.
 * @property {(archive: string) => void} importImage Takes a docker archive in.
 * @property {() => Promise<void>} close Ends pods first, then what runs them.
 */

/**
 * @param {{ kubectl: string }} options
 * @returns {Promise<RealCluster>}
 */
export async function startRealCluster({ kubectl }) {
  // Sockets of containerd live here: the path has to be short.
  const folder = mkdtempSync('/tmp/hkc-');
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  /** @type {{ name: string, child: import('node:child_process').ChildProcess }[]} */
  const running = [];
  /** @param {string} name @param {string} program @param {readonly string[]} args @param {Record<string, string>} [env] */
  const start = (name, program, args, env = {}) => {
    const log = createWriteStream(join(logs, `${name}.log`));
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    running.push({ name, child });
    return child;
  };
  const [etcdClient, etcdPeer, kubeletPort, kubeletHealth, managerPort, schedulerPort] = await freePorts(6);
  const pki = makePki(folder, node);
  const server = `https://${apiAddress}`;
  /** @param {string} name @param {{ key: string, crt: string }} who */
  const config = (name, who) => {
    const file = join(folder, `${name}.kubeconfig`);
    writeFileSync(file, kubeconfigFor(pki, who, server), { mode: 0o600 });
    return file;
  };
  const admin = config('admin', pki.admin);
  const containerd = join(folder, 'c.sock');

  // There before the first pod is, so that what pods need can listen on it.
  for (const step of [
    ['link', 'add', bridge, 'type', 'bridge'],
    ['addr', 'add', `${podRange}.1/24`, 'dev', bridge],
    // The address that pods are told for the API server: there is nobody to lead it elsewhere, so the server has it.
    ['addr', 'add', `${apiAddress}/32`, 'dev', bridge],
    ['link', 'set', bridge, 'up'],
  ])
    spawnSync('ip', step);

  start('etcd', 'etcd', [
    '--data-dir',
    join(folder, 'etcd'),
    '--unsafe-no-fsync',

    '--listen-client-urls',
    `http://127.0.0.1:${etcdClient}`,
    '--advertise-client-urls',
    `http://127.0.0.1:${etcdClient}`,
    '--listen-peer-urls',
    `http://127.0.0.1:${etcdPeer}`,
  ]);
  start('kube-apiserver', clusterProgram('kube-apiserver'), [
    `--bind-address=${apiAddress}`,
    `--advertise-address=${apiAddress}`,
    '--secure-port=443',
    '--endpoint-reconciler-type=none',
    `--etcd-servers=http://127.0.0.1:${etcdClient}`,
    `--client-ca-file=${pki.ca.crt}`,
    `--tls-cert-file=${pki.apiServer.crt}`,
    `--tls-private-key-file=${pki.apiServer.key}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-certificate-authority=${pki.ca.crt}`,
    `--kubelet-client-certificate=${pki.toKubelet.crt}`,
    `--kubelet-client-key=${pki.toKubelet.key}`,
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki.serviceAccounts.pub}`,
    `--service-account-signing-key-file=${pki.serviceAccounts.key}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--allow-privileged=true',
  ]);
  writeContainerd(folder, containerd);
  start('containerd', 'containerd', ['-c', join(folder, 'containerd.toml')]);
  await ready(server, pki.ca.crt);

  start('kube-controller-manager', clusterProgram('kube-controller-manager'), [
    '--bind-address=127.0.0.1',
    `--secure-port=${managerPort}`,
    `--kubeconfig=${config('controller-manager', pki.controllerManager)}`,
    `--root-ca-file=${pki.ca.crt}`,
    `--service-account-private-key-file=${pki.serviceAccounts.key}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    '--allocate-node-cidrs=false',
  ]);
  start('kube-scheduler', clusterProgram('kube-scheduler'), [
    '--bind-address=127.0.0.1',
    `--secure-port=${schedulerPort}`,
    `--kubeconfig=${config('scheduler', pki.scheduler)}`,
    '--leader-elect=false',
  ]);
  writeKubelet(folder, pki, { port: kubeletPort, health: kubeletHealth, containerd });
  start('kubelet', clusterProgram('kubelet'), [
    `--config=${join(folder, 'kubelet.json')}`,
    `--kubeconfig=${config('node', pki.node)}`,
    `--root-dir=${join(folder, 'kubelet')}`,
    `--hostname-override=${node}`,
    '--cloud-provider=external',
  ]);

  /** @param {readonly string[]} args */
  const kube = (...args) => {
    const { status, stdout, stderr } = spawnSync(kubectl, ['--kubeconfig', admin, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  await until(() => kube('get', 'node', node));
  // No cloud says where the node is: it is here.
  kube(
    'patch',
    'node',
    node,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] } }),
  );
  await until(() => kube('taint', 'node', node, 'node.cloudprovider.kubernetes.io/uninitialized-'));
  kube('wait', '--for=condition=Ready', `node/${node}`, '--timeout=60s');
  await until(() => kube('get', 'serviceaccount', 'default'));

  const ctr = (/** @type {readonly string[]} */ ...args) =>
    spawnSync('ctr', ['-a', containerd, '-n', 'k8s.io', ...args], { encoding: 'utf8' });
  return {
    kubeconfig: admin,
    server,
    folder,
    gatewayAddress: `${podRange}.1`,
    importImage(archive) {
      const { status, stderr } = ctr('images', 'import', archive);
      if (status !== 0) throw new Error(`ctr images import: ${stderr}`);
    },
    async close() {
      spawnSync(
        kubectl,
        [
          '--kubeconfig',
          admin,
          'delete',
          'jobs,deployments,statefulsets,pods',
          '--all',
          '-A',
          '--grace-period=0',
          '--force',
          '--wait=false',
        ],
        { timeout: 30_000 },
      );
      await end(running.filter(({ name }) => name !== 'containerd' && name !== 'etcd'));
      for (const task of (ctr('tasks', 'ls', '-q').stdout ?? '').split('\n').filter(Boolean))
        ctr('tasks', 'rm', '-f', task);
      await end(running);
      for (const line of readFileSync('/proc/mounts', 'utf8').split('\n').toReversed()) {
        const place = line.split(' ')[1];
        if (place?.startsWith(`${folder}/`)) spawnSync('umount', ['-l', place]);
      }
      spawnSync('ip', ['link', 'delete', bridge]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @param {string} folder @param {string} socket */
function writeContainerd(folder, socket) {
  const cni = join(folder, 'cni');
  mkdirSync(cni);
  writeFileSync(
    join(cni, '10-test.conflist'),
    JSON.stringify({
      cniVersion: '0.4.0',
      name: 'test',
      plugins: [
        {
          type: 'bridge',
          bridge,
          isGateway: true,
          ipMasq: false,
          ipam: {
            type: 'host-local',
            dataDir: join(folder, 'ipam'),
            ranges: [[{ subnet: `${podRange}.0/24` }]],
            routes: [{ dst: '0.0.0.0/0' }],
          },
        },
        { type: 'loopback' },
      ],
    }),
  );
  writeFileSync(
    join(folder, 'containerd.toml'),
    `version = 2
root = "${folder}/containerd"
state = "${folder}/cs"
oom_score = 0
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "hawser.test/pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${cni}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
`,
  );
}

/**
 * @param {string} folder
 * @param {ReturnType<typeof makePki>} pki
 * @param {{ port: number, health: number, containerd: string }} options
 */
function writeKubelet(folder, pki, { port, health, containerd }) {
  writeFileSync(
    join(folder, 'kubelet.json'),
    JSON.stringify({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      address: '127.0.0.1',
      port,
      healthzPort: health,
      containerRuntimeEndpoint: `unix://${containerd}`,
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: false },
        x509: { clientCAFile: pki.ca.crt },
      },
      authorization: { mode: 'AlwaysAllow' },
      tlsCertFile: pki.node.crt,
      tlsPrivateKeyFile: pki.node.key,
      cgroupDriver: 'cgroupfs',
      failSwapOn: false,
      oomScoreAdj: 0,
      maxOpenFiles: 20_000,
      enforceNodeAllocatable: [],
      evictionHard: {
        'memory.available': '50Mi',
        'nodefs.available': '0%',
        'nodefs.inodesFree': '0%',
        'imagefs.available': '0%',
      },
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
      clusterDNS: [`${podRange}.1`],
      clusterDomain: 'cluster.local',
      resolvConf: '/etc/resolv.conf',
    }),
  );
}

/** @param {string} server @param {string} ca */
async function ready(server, ca) {
  const url = `${server}/readyz`;
  await until(
    () =>
      new Promise((resolve, reject) => {
        get(url, { ca: readFileSync(ca), rejectUnauthorized: false }, (answer) => {
          answer.resume();
          if (answer.statusCode === 200) resolve(undefined);
          else reject(new Error(`${url} answered ${answer.statusCode}`));
        }).on('error', reject);
      }),
  );
}

/**
 * Tries until it works. What is waited for tells nobody when it is there.
 *
 * @param {() => unknown} attempt
 */
async function until(attempt, seconds = 90) {
  const endsAtMs = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > endsAtMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** @param {readonly { child: import('node:child_process').ChildProcess }[]} processes */
async function end(processes) {
  await Promise.all(
    processes.toReversed().map(async ({ child }) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(late);
    }),
  );
}

/** @param {number} count */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
