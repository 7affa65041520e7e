// The runner of a pod, as the image runs it: for tests in which pods are processes of this machine. It listens on the
// address of its pod, since all pods share the machine's network.
import { readFileSync } from 'node:fs';
import { httpControl, runRunner } from '@hawser/k8s-sessions/runner';

const { env } = process;
const session = env.HAWSER_SESSIONS_SESSION;
const secret = readFileSync(env.HAWSER_SESSIONS_SECRET_FILE, 'utf8').trim();
const terminate = new AbortController();
process.once('SIGTERM', () => terminate.abort());
process.exitCode = await runRunner({
  control: httpControl({
    url: env.HAWSER_SESSIONS_CONTROLLER_URL,
    session,
    attempt: Number(env.HAWSER_SESSIONS_ATTEMPT),
    secret,
  }),
  session,
  secret,
  host: env.HAWSER_SESSIONS_POD_IP,
  port: 7681,
  podName: env.HAWSER_SESSIONS_POD_NAME,
  podUid: env.HAWSER_SESSIONS_POD_UID,
  folder: env.HAWSER_SESSIONS_WORK_FOLDER,
  env: { PATH: env.PATH },
  terminate: terminate.signal,
  terminateReason: 'evicted',
  graceMs: 500,
  leftBehindMs: 100,
  lingerMs: 100,
});
process.exit();
