// Writes the names and types of the fields of built-in kinds, as the official client for Node knows them, into
// src/kube/schema/fields.generated.ts. Run by hand, from the root, after the client was given another version.
import { writeFileSync } from 'node:fs';
import * as models from '@kubernetes/client-node';

const kinds = [
  'Namespace Node Pod Service Endpoints ConfigMap Secret ServiceAccount PersistentVolume PersistentVolumeClaim ResourceQuota',
  'LimitRange Deployment StatefulSet DaemonSet ReplicaSet Job CronJob Lease EndpointSlice Ingress NetworkPolicy',
  'PodDisruptionBudget Role RoleBinding ClusterRole ClusterRoleBinding',
].flatMap((line) => line.split(' '));
const letters = { string: 's', number: 'n', boolean: 'b', any: '*', Date: 's', IntOrString: '*' };
// Amounts may be written as numbers too.
const amounts = new Set(
  'limits requests capacity allocatable hard used default defaultRequest max min overhead sizeLimit divisor'.split(' '),
);
const rows = new Map();

function typeOf(written) {
  const list = /^Array<(.+)>$/.exec(written);
  if (list) return `[${typeOf(list[1])}`;
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(written);
  if (map) return `{${typeOf(map[1])}`;
  if (written in letters) return letters[written];
  visit(written);
  return rows.has(written) ? written : '*';
}

function visit(name) {
  // oxlint-disable-next-line import/namespace -- every model is looked up by its name
  const described = models[name]?.attributeTypeMap;
  if (!described || rows.has(name)) return;
  rows.set(name, []);
  rows.set(
    name,
    described.map(({ baseName, type }) => `${baseName}:${amounts.has(baseName) ? '*' : typeOf(type)}`),
  );
}

for (const kind of kinds) visit(`V1${kind}`);
const text = [...rows].map(([name, fields]) => `${name} ${fields.join(' ')}`).join('\n');
writeFileSync(
  new URL('../src/kube/schema/fields.generated.ts', import.meta.url),
  '/** Fields of built-in kinds: a type a line. Made by scripts/kube-fields.mjs; `[` is a list, `{` a map by text, `s`, `n`, `b` text, number and claim, `*` anything. */\n' +
    `export const fieldTable = \`\n${text}\n\`;\n`,
);
