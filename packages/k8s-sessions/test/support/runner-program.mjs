// A runner as a process of its own, as an image or the command line starts it: for tests of what is built.
import { httpControl, runRunner } from '@hawser/k8s-sessions/runner';

const [url, session, folder] = process.argv.slice(2);
const { SECRET: secret, PATH } = process.env;
const terminate = new AbortController();
process.once('SIGTERM', () => terminate.abort());
process.exitCode = await runRunner({
  control: httpControl({ url, session, attempt: 1, secret }),
  session,
  secret,
  host: '127.0.0.1',
  port: 0,
  folder,
  env: { PATH },
  terminate: terminate.signal,
  terminateReason: 'evicted',
});
