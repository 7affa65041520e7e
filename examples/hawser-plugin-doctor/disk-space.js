import { statfs } from 'node:fs/promises';

const gibibyte = 2 ** 30;

/** @type {import('@hawser/cli-kit').DoctorCheck} */
export const extension = {
  id: 'disk-space',
  title: 'Room on the disk',
  topic: 'hawser',
  neededFor: 'logs of runs and sessions',
  async look({ folders }) {
    const { bavail, bsize } = await statfs(folders.data).catch(() => statfs('/'));
    const free = (bavail * bsize) / gibibyte;
    const facts = { freeGiB: free.toFixed(1) };
    if (free >= 1) return { state: 'ok', found: `${free.toFixed(1)} GiB are free`, facts };
    return {
      state: 'warn',
      found: `only ${free.toFixed(1)} GiB are free`,
      next: 'du -sh ~/.local/share/hawser',
      facts,
    };
  },
};
