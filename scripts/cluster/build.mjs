// Brings what the real test cluster is made of: the control plane and the kubelet are built from Go modules by name, once,
// into .cache/cluster (five minutes and more on two cores); etcd, containerd and runc come from Debian.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root } from '../workspace.mjs';

export const clusterCache = join(cache, 'cluster');
const programs = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet'];
const packages = ['etcd-server', 'containerd', 'runc', 'busybox-static', 'openssl', 'iproute2', 'iptables', 'podman'];
const version = 'v1.34.4';

/**
 * Path of a program of the cluster.
 *
 * @param {string} name
 */
export function clusterProgram(name) {
  return join(clusterCache, 'bin', name);
}

/** Builds and installs what is missing. Throws, naming what cannot be had. */
export function bringCluster() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error('The real cluster needs Linux and root: kubelet and containerd do.');
  mkdirSync(join(clusterCache, 'bin'), { recursive: true });
  const missing = packages.filter((name) => spawnSync('dpkg', ['-s', name]).status !== 0);
  if (missing.length > 0) {
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=600', 'update']);
    withoutServices(() =>
      run('apt-get', ['-o', 'DPkg::Lock::Timeout=600', 'install', '-y', '--no-install-recommends', ...missing]),
    );
  }
  const stamp = join(clusterCache, 'built');
  const module = join(root, 'test/cluster/kubernetes');
  const wanted = `${version}\n${readFileSync(join(module, 'go.mod'), 'utf8')}`;
  if (
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === wanted &&
    programs.every((name) => existsSync(clusterProgram(name)))
  )
    return;
  process.stderr.write(`Building Kubernetes ${version} (once; five minutes and more) …\n`);
  run('go', [
    '-C',
    module,
    'build',
    '-trimpath',
    '-ldflags',
    `-s -w -X k8s.io/component-base/version.gitVersion=${version}`,
    '-o',
    join(clusterCache, 'bin/'),
    ...programs.map((name) => `k8s.io/kubernetes/cmd/${name}`),
  ]);
  writeFileSync(stamp, wanted);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', GOTELEMETRY: 'off' };
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2], env });
  if (error || status !== 0) throw new Error(`${command} ${args.slice(0, 3).join(' ')} … failed`, { cause: error });
}

/**
 * A package that brings a service must not start it: this is somebody's machine.
 *
 * @param {() => void} install
 */
function withoutServices(install) {
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    if (isOurs) spawnSync('rm', ['-f', policy]);
  }
}
