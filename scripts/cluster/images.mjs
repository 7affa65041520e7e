// Images for the real test cluster, out of what is here: no registry of images can be reached. The product's image is a
// small Debian with this machine's Node and the deployed server, laid out as docker/Dockerfile lays it out.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../workspace.mjs';
import { clusterCache } from './build.mjs';

/** What every pod's sandbox is held by. */
const pause = 'hawser.test/pause:1';
/** One image for controller, gateway and runner: what differs is the argument. */
export const productImage = 'hawser.test/sessions:1';

/**
 * Makes the images and hands their archives to the cluster.
 *
 * @param {(archive: string) => void} importImage
 */
export function makeImages(importImage) {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-images-'));
  try {
    const busybox = join(folder, 'pause');
    mkdirSync(join(busybox, 'bin'), { recursive: true });
    cpSync('/bin/busybox', join(busybox, 'bin/busybox'));
    importImage(archiveOf(folder, busybox, pause, ['CMD ["/bin/busybox", "sleep", "2147483647"]']));

    const system = join(folder, 'system');
    mkdirSync(system);
    const copy =
      'tar -C "$1" --exclude=./dev --exclude=./usr/share/doc --exclude=./usr/share/locale -cf - . | tar -C "$2" -xf -';
    execFileSync('sh', ['-c', copy, 'copy', debian(), system], { stdio: ['ignore', 2, 2] });
    cpSync(process.execPath, join(system, 'usr/local/bin/node'));
    const app = join(system, 'opt/hawser');
    execFileSync(
      process.execPath,
      [join(root, 'scripts/pnpm.mjs'), '--filter', '@hawser/sessions-server', '--prod', '--legacy', 'deploy', app],
      { cwd: root, stdio: ['ignore', 2, 2] },
    );
    symlinkSync('/opt/hawser/bin/hawser-sessions.js', join(system, 'usr/local/bin/hawser-sessions'));
    writeFileSync(
      join(system, 'etc/passwd'),
      'root:x:0:0::/root:/bin/sh\nhawser:x:10001:10001::/home/hawser:/bin/bash\n',
    );
    writeFileSync(join(system, 'etc/group'), 'root:x:0:\nhawser:x:10001:\n');
    mkdirSync(join(system, 'home/hawser'), { recursive: true });
    importImage(
      archiveOf(folder, system, productImage, [
        'ENTRYPOINT ["tini", "--", "hawser-sessions"]',
        'USER 10001:10001',
        'WORKDIR /home/hawser',
        'ENV PATH=/usr/local/bin:/usr/bin:/bin',
        'ENV LANG=C.UTF-8',
        'ENV HOME=/home/hawser',
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A minimal Debian with the tools of the runner's image, made once. */
function debian() {
  const place = join(clusterCache, 'rootfs-2');
  if (existsSync(place)) return place;
  if (spawnSync('debootstrap', ['--version']).error)
    execFileSync(
      'apt-get',
      ['-o', 'DPkg::Lock::Timeout=600', 'install', '-y', '--no-install-recommends', 'debootstrap'],
      {
        stdio: ['ignore', 2, 2],
      },
    );
  const unfinished = `${place}.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  process.stderr.write('Making a small Debian (once) …\n');
  const tools = 'git,ca-certificates,procps,libstdc++6,tini,tmux,unzip';
  execFileSync('debootstrap', ['--variant=minbase', `--include=${tools}`, 'bookworm', unfinished], {
    stdio: ['ignore', 2, 2],
  });
  rmSync(join(unfinished, 'var/cache/apt'), { recursive: true, force: true });
  renameSync(unfinished, place);
  return place;
}

/**
 * @param {string} folder
 * @param {string} system
 * @param {string} name
 * @param {readonly string[]} changes
 */
function archiveOf(folder, system, name, changes) {
  const tar = join(folder, 'system.tar');
  const archive = join(folder, `${name.replaceAll(/[^a-z]/g, '-')}.tar`);
  execFileSync('tar', ['-C', system, '-cf', tar, '.']);
  const podman = [
    '--root',
    join(folder, 'storage'),
    '--runroot',
    join(folder, 'run'),
    '--cgroup-manager=cgroupfs',
    '--storage-driver=vfs',
  ];
  execFileSync('podman', [...podman, 'import', ...changes.flatMap((change) => ['--change', change]), tar, name], {
    stdio: ['ignore', 'ignore', 2],
  });
  execFileSync('podman', [...podman, 'save', '--format', 'docker-archive', '-o', archive, name], {
    stdio: ['ignore', 'ignore', 2],
  });
  return archive;
}
