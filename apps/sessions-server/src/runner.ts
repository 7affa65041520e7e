import { httpControl, runRunner } from '@hawser/k8s-sessions/runner';
import { ending } from './process.js';
import { Settings } from './settings.js';

/** What a command finds in its environment beside what its session says: nothing of the runner's own. */
const inherited = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'HOME'];

/** The runner of one session, as the pod's first process. Ends with the command's exit code. */
export async function runRunnerProcess(): Promise<number> {
  const settings = new Settings(process.env);
  const options = {
    url: settings.url('CONTROLLER_URL', 'the internal address of the controller'),
    session: settings.required('SESSION', 'the session to run'),
    attempt: settings.number('ATTEMPT', 1),
    secret: settings.file('SECRET_FILE', 'the file with the secret of this attempt'),
  };
  const folder = settings.text('WORK_FOLDER') ?? '/var/lib/hawser';
  const podName = settings.text('POD_NAME');
  const podUid = settings.text('POD_UID');
  const address = settings.text('POD_IP');
  const port = settings.number('PORT', 7681, { max: 65_535 });
  settings.check();
  return await runRunner({
    control: httpControl(options),
    session: options.session,
    secret: options.secret,
    host: settings.text('HOST') ?? '0.0.0.0',
    port,
    folder,
    ...(address === undefined ? {} : { address }),
    ...(podName === undefined ? {} : { podName }),
    ...(podUid === undefined ? {} : { podUid }),
    env: Object.fromEntries(inherited.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
    terminate: ending(),
    terminateReason: 'evicted',
  });
}
