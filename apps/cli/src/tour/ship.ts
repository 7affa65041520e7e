import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startHubEmulator } from '@hawser/emulators/hub';
import { initEnvironment, openHub, planPush, push } from '@hawser/hf-push';
import type { Act } from './act.js';
import { shortened } from './digest.js';

/** How often the Space is looked at while it is built, in milliseconds. */
const pollMs = 50;

/** An environment on its way to a Space: planned, pushed, and pushed again without a commit. */
export const ship: Act = {
  id: 'ship',
  title: 'An environment on its Space',
  async play({ after, env, folder, signal }) {
    const emulator = await startHubEmulator();
    after(() => emulator.close());
    const made = await initEnvironment({ name: 'tour_env', from: folder });
    const hub = openHub({ env: { ...env, ...emulator.env }, token: emulator.env['HF_TOKEN'] ?? '', signal });
    const wanted = { from: folder, environment: 'tour_env', stateFolder: join(folder, 'journal') };

    const plan = await planPush(hub, wanted);
    if (emulator.head(plan.space)) throw new Error('the plan made the Space');
    const first = await push(hub, { ...wanted, wait: { pollMs } });
    const head = emulator.head(first.space);
    if (head?.tree !== first.treeId) throw new Error(`the Space has tree ${head?.tree}, not ${first.treeId}`);
    if (first.stage !== 'RUNNING') throw new Error(`the Space is ${first.stage}`);

    const second = await push(hub, wanted);
    const later = emulator.head(first.space);
    if (!second.unchanged || later?.commits !== head.commits) throw new Error('the second push made a commit');
    await appendFile(join(made.folder, 'README.md'), '\nChanged by the tour.\n');
    const third = await push(hub, wanted);
    if (third.changes.updated.join() !== 'README.md') {
      throw new Error(`the third push changed ${third.changes.updated.join(', ')}`);
    }
    return [
      `Planned: ${plan.files.length} files for ${plan.space}, and nothing was touched`,
      `Pushed: the Space runs, and git's id of its tree is the one that was computed, ${shortened(first.treeId)}`,
      'Pushed again: nothing differs, so no commit was made',
      'Pushed after one file had changed: one commit, of that file',
    ];
  },
};
