import { dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { findCluster, type ClusterFacts } from '@hawser/contexts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { describeReal } from '../../../../test/support/counterparts.js';
import { Program } from '../../../../test/support/program.js';
import { CtxPlace, token } from '../support/ctx-place.js';

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_EC2_METADATA_DISABLED: 'true' };
const OTHER = 'apiVersion: v1\nkind: Config\nclusters:\n- name: other\n  cluster: {server: https://other}\n';
const BROKEN = 'clusters: [\n';

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: Record<string, unknown> }[];
  readonly contexts: readonly { readonly name: string; readonly context: Record<string, unknown> }[];
  readonly 'current-context': string;
}

/** What lies where before, what KUBECONFIG and --kubeconfig are; `ARN` stands for a file that has the cluster already. */
interface Case {
  readonly files?: Readonly<Record<string, string>>;
  readonly list?: string;
  readonly given?: string;
  /** The file that is written; none where it is refused. */
  readonly writes?: string;
}

const CASES: Readonly<Record<string, Case>> = {
  'no KUBECONFIG': { writes: '.kube/config' },
  'an empty KUBECONFIG': { list: '', writes: '.kube/config' },
  'a file that is not there yet, in a folder that is not either': { list: '$H/new/a', writes: 'new/a' },
  'the first of two': { list: '$H/a:$H/b', files: { a: OTHER, b: OTHER }, writes: 'a' },
  'the one that has the cluster': { list: '$H/a:$H/b', files: { a: OTHER, b: 'ARN' }, writes: 'b' },
  'the first that has it': { list: '$H/a:$H/b', files: { a: 'ARN', b: 'ARN' }, writes: 'a' },
  'blank parts': { list: ' ::$H/a', files: { a: OTHER }, writes: 'a' },
  'a home folder by its sign': { list: '~/a', files: { a: OTHER }, writes: 'a' },
  'a broken second': { list: '$H/a:$H/b', files: { a: OTHER, b: BROKEN }, writes: 'a' },
  'a broken first, when the second has the cluster': { list: '$H/a:$H/b', files: { a: BROKEN, b: 'ARN' }, writes: 'b' },
  'a broken first otherwise': { list: '$H/a:$H/b', files: { a: BROKEN, b: OTHER } },
  'one that is given': { list: '$H/a', given: '$H/c', files: { a: 'ARN', c: OTHER }, writes: 'c' },
};

describeReal(['moto', 'aws-cli-v1'], (path) => {
  let moto: Program;
  let cli: Program;
  let endpoint = '';
  let facts: ClusterFacts;

  beforeAll(async () => {
    moto = new Program(path('moto'), ['-H', '127.0.0.1', '-p', '0']);
    const python = join(dirname(path('aws-cli-v1')), 'python');
    cli = new Program(python, [join(import.meta.dirname, '../support/aws-cli-calls.py')], {
      env: { ...process.env, ...KEYS },
    });
    [endpoint] = await moto.until(() => /http:\/\/127\.0\.0\.1:\d+/.exec(moto.stderr) ?? undefined, 'listening');
    const { EKSClient, CreateClusterCommand } = await import('@aws-sdk/client-eks');
    const credentials = { accessKeyId: KEYS.AWS_ACCESS_KEY_ID, secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY };
    const eks = new EKSClient({ endpoint, region: 'eu-west-1', credentials });
    const roleArn = 'arn:aws:iam::123456789012:role/eks';
    await eks.send(new CreateClusterCommand({ name: 'staging', roleArn, resourcesVpcConfig: { subnetIds: [] } }));
    eks.destroy();
    facts = await findCluster({
      cluster: 'staging',
      region: 'eu-west-1',
      endpointUrl: endpoint,
      env: KEYS,
      home: '/nowhere',
    });
  }, 120_000);

  afterAll(async () => {
    await Promise.all([moto, cli].map((program) => program[Symbol.asyncDispose]()));
  });

  let calls = 0;
  async function updateKubeconfig(home: string, env: Record<string, string>, args: readonly string[]): Promise<number> {
    const all = [
      'eks',
      'update-kubeconfig',
      '--name',
      'staging',
      '--region',
      'eu-west-1',
      '--endpoint-url',
      endpoint,
      ...args,
    ];
    cli.type(`${JSON.stringify({ env: { HOME: home, ...env }, args: all })}\n`);
    const index = calls;
    calls += 1;
    const answer = await cli.until(() => cli.text.split('\n').slice(0, -1)[index], 'answering');
    return (JSON.parse(answer) as { code: number }).code;
  }

  describe('beside aws eks update-kubeconfig', () => {
    test.each(Object.entries(CASES))(
      '%s: the same file, cluster, context and choice',
      async (_name, { files = {}, list, given, writes }) => {
        const places = [new CtxPlace(), new CtxPlace()] as const;
        const has = `clusters:\n- name: ${facts.arn}\n  cluster: {server: "${facts.endpoint}", certificate-authority-data: "${facts.certificateAuthority}"}\n`;
        const inputs = places.map((at) => {
          for (const [name, text] of Object.entries(files)) at.write(join(at.home, name), text === 'ARN' ? has : text);
          const fill = (text: string): string => text.replaceAll('$H', at.home);
          return {
            env: list === undefined ? {} : { KUBECONFIG: fill(list) },
            given: given === undefined ? undefined : fill(given),
          };
        });
        const [theirs, ours] = places;
        const code = await updateKubeconfig(
          theirs.home,
          inputs[0]!.env,
          inputs[0]!.given === undefined ? [] : ['--kubeconfig', inputs[0]!.given],
        );
        const wish = {
          prefect: undefined,
          env: inputs[1]!.env as Record<string, string>,
          kubernetes: { cluster: facts, token, context: facts.arn, kubeconfig: inputs[1]!.given },
        };
        const candidates = ['.kube/config', 'new/a', 'a', 'b', 'c'];
        const changedIn = (at: CtxPlace): string[] =>
          candidates.filter((name) => {
            const file = join(at.home, name);
            const before = files[name] === 'ARN' ? has : files[name];
            return existsSync(file) && at.read(file) !== before;
          });
        if (writes === undefined) {
          expect(code).not.toBe(0);
          await expect(ours.plan(wish)).rejects.toMatchObject({ code: 'HAWSER_CTX_FILE_INVALID' });
          expect([changedIn(theirs), changedIn(ours)]).toEqual([[], []]);
          return;
        }
        expect(code).toBe(0);
        await ours.init(wish);
        expect([changedIn(theirs), changedIn(ours)]).toEqual([[writes], [writes]]);
        const [one, other] = places.map((at) => parse(at.read(join(at.home, writes))) as Kubeconfig);
        expect(clustersOf(other!)).toEqual(clustersOf(one!));
        expect(contextsOf(other!)).toEqual(contextsOf(one!));
        expect(other!['current-context']).toBe(one!['current-context']);
      },
    );
  });
});

function clustersOf({ clusters }: Kubeconfig): unknown {
  return clusters.map(({ name, cluster: { extensions: _mark, ...rest } }) => ({ name, ...rest }));
}

/** The user is another: theirs is named by the ARN alone, so that roles overwrite each other. */
function contextsOf({ contexts }: Kubeconfig): unknown {
  return contexts.map(({ name, context }) => [name, context['cluster']]);
}
