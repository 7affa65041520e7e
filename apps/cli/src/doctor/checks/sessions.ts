import type { DoctorCheck } from '@hawser/cli-kit';
import { ofTheService, whichPlace } from '../../sessions/doctor.js';
import { gravest, inTime } from '../checked.js';

/** Whether the service of terminal sessions answers and knows the key. */
export const sessionsService: DoctorCheck = {
  id: 'sessions-service',
  title: 'Sessions service',
  topic: 'sessions',
  neededFor: 'terminal sessions elsewhere than on this machine',
  look: async (input) => {
    const { config: configDir, data: dataDir } = input.folders;
    const flags = { local: false, url: input.environment['HAWSER_SESSIONS_URL'] || undefined };
    const [place, ofPlace] = await whichPlace(flags, { config: { configDir, dataDir } });
    if (!place) return ofPlace.state === 'warn' ? { ...ofPlace, state: 'skip' } : ofPlace;
    return inTime(input, async (signal) => gravest([ofPlace, ...(await ofTheService(place, signal))]), {
      next: 'hawser sessions doctor',
    });
  },
};

/** Whether this Node can make terminals. */
export const pty: DoctorCheck = {
  id: 'pty',
  title: 'Terminals',
  topic: 'sessions',
  neededFor: 'sessions served on this machine',
  look: async () => {
    try {
      await import('@lydell/node-pty');
      return { state: 'ok', found: `for ${process.platform}-${process.arch}` };
    } catch {
      return {
        state: 'fail',
        found: `@lydell/node-pty has nothing for ${process.platform}-${process.arch}`,
        next: 'Install hawser again with its optional dependencies: npm install --global --include=optional @hawser/cli',
      };
    }
  },
};
