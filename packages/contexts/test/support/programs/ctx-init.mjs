// Makes the context NAME in FOLDER (a home and a project), with the shim of a fault, if there is one, in force from the
// moment the plan is carried out.
import { join } from 'node:path';
import { applyPlan, planContext } from '@hawser/contexts';
import { openStore } from '@hawser/state-store';

const [folder, name] = process.argv.slice(2);
const [home, directory] = [join(folder, 'home'), join(folder, 'project')];
const store = openStore({ from: directory, env: {}, home, writer: { tool: 'hawser', version: '1.0.0' } });
const cluster = {
  name,
  arn: `arn:aws:eks:eu-west-1:123456789012:cluster/${name}`,
  endpoint: `https://${name}.eu-west-1.eks.amazonaws.com`,
  certificateAuthority: 'Q0E=',
  status: 'ACTIVE',
};
try {
  const plan = await planContext({
    store,
    env: {},
    directory,
    home,
    name,
    prefect: { profile: name, apiUrl: 'http://127.0.0.1:4200/api' },
    kubernetes: { cluster, token: { command: '/node', args: ['/token'] } },
    switches: false,
  });
  // The plan has read the store already, so that everything is loaded.
  globalThis.armFault?.();
  const { changed } = await applyPlan(plan, { store, env: {}, lockTimeoutMs: 120_000 });
  globalThis.disarmFault?.();
  console.log(JSON.stringify({ ok: true, changed }));
  console.error(String(globalThis.faultCalls ?? ''));
} catch (error) {
  console.log(JSON.stringify({ ok: false, code: error.code, message: error.message }));
}
