import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { automaticLock } from '../../src/locks/automatic-lock.js';
import { simpleCommands } from '../../src/locks/shell-words.js';

const repo = 'https://github.com/user/infra.git';

/** What of `#directory:workspace` a command locks; `undefined` when nothing. */
function locked(command: string, more: Partial<Parameters<typeof automaticLock>[0]> = {}): string | undefined {
  const lock = automaticLock({ repo, command, ...more });
  return lock?.name.replace('auto:github.com/user/infra#', '');
}

describe('a lock is taken by', () => {
  test.each([
    // Terraform and its kin.
    ['terraform apply', '.:default'],
    ['terraform apply -auto-approve plan.out', '.:default'],
    ['tofu destroy', '.:default'],
    ['terraform import aws_x.y id', '.:default'],
    ['terraform refresh', '.:default'],
    ['terraform taint aws_x.y', '.:default'],
    ['terraform untaint aws_x.y', '.:default'],
    ['terraform force-unlock -force 123', '.:default'],
    ['terraform state mv a b', '.:default'],
    ['terraform state rm a', '.:default'],
    ['terraform state push x', '.:default'],
    ['terraform state replace-provider a b', '.:default'],
    ['terraform workspace delete old', '.:default'],
    ['terraform init -migrate-state', '.:default'],
    ['terraform -chdir=envs/prod apply', 'envs/prod:default'],
    ['terraform -chdir=envs/prod/ apply', 'envs/prod:default'],
    ['TF_WORKSPACE=prod terraform apply', '.:prod'],
    ['export TF_WORKSPACE=prod; terraform apply', '.:prod'],
    ['terraform workspace select prod && terraform apply', '.:prod'],
    ['cd a && terraform workspace select prod; cd ../b && terraform apply', 'b:default'],
    ['terragrunt run-all apply', '.:default'],
    ['terragrunt run --all -- apply', '.:default'],
    ['terragrunt apply-all', '.:default'],
    ['terragrunt --terragrunt-working-dir live/prod apply', 'live/prod:default'],
    ['cdktf deploy', '.:default'],
    // Others.
    ['pulumi up --yes', '.:default'],
    ['pulumi -s org/prod -C infra destroy', 'infra:org/prod'],
    ['pulumi stack select dev && pulumi refresh', '.:dev'],
    ['pulumi stack rm dev', '.:default'],
    ['pulumi state delete urn', '.:default'],
    ['pulumi import a b c', '.:default'],
    ['ansible-playbook -i hosts/prod site.yml', '.:hosts/prod'],
    ['ansible-playbook site.yml', '.:default'],
    ['cdk deploy --all', '.:default'],
    ['npx cdk destroy', '.:default'],
    ['npx --yes -p aws-cdk cdk deploy', '.:default'],
    ['pnpm exec cdk deploy', '.:default'],
    ['serverless deploy --stage prod', '.:prod'],
    ['sls remove -s dev', '.:dev'],
    ['sam deploy --stack-name web', '.:web'],
    ['aws --region us-east-1 cloudformation deploy --stack-name web', '.:web'],
    ['helm upgrade --install web ./chart -n prod', '.:prod'],
    ['helm --kube-context eu -n prod uninstall web', '.:eu/prod'],
    ['helmfile -e prod apply', '.:prod'],
    ['kubectl apply -f k8s/', '.:default'],
    ['kubectl -nprod delete pod x', '.:prod'],
    ['kubectl rollout restart deploy/x', '.:default'],
    ['kubectl apply --dry-run=none -f x', '.:default'],
    // Behind other things.
    ['terraform init && terraform apply', '.:default'],
    ['cd envs/prod && terraform apply', 'envs/prod:default'],
    ['(cd a; true); terraform apply', '.:default'],
    ['(cd a && terraform apply)', 'a:default'],
    ['cd ./a/../b/ ; tofu apply', 'b:default'],
    ['sudo -u ops terraform apply', '.:default'],
    ['sudo -E env TF_WORKSPACE=prod terraform apply', '.:prod'],
    ["sh -c 'cd x && terraform apply'", 'x:default'],
    ['bash -euo pipefail -c "terraform apply"', '.:default'],
    ['bash -lc "terraform \\"apply\\""', '.:default'],
    ['busybox sh -c "terraform apply"', '.:default'],
    ['eval "terraform apply"', '.:default'],
    ['eval "cd a"; terraform apply', 'a:default'],
    ['eval "(cd a)"; terraform apply', '.:default'],
    ['timeout -k 5 30m terraform apply', '.:default'],
    ['nohup nice -n 5 terraform apply', '.:default'],
    ['time terraform apply', '.:default'],
    ['aws-vault exec prod -- terraform apply', '.:default'],
    ['yes | terraform apply', '.:default'],
    ['terraform apply | tee log', '.:default'],
    ['terraform apply > log 2>&1', '.:default'],
    ['2>/dev/null terraform apply', '.:default'],
    ['if terraform plan; then terraform apply; fi', '.:default'],
    ['for x in a b; do terraform apply; done', '.:default'],
    ['! terraform apply', '.:default'],
    ['{ terraform apply; }', '.:default'],
    ['result=$(terraform apply)', '.:default'],
    ['echo "$(terraform apply)"', '.:default'],
    ['echo `terraform apply`', '.:default'],
    ['diff <(terraform apply) x', '.:default'],
    ['terraform \\\n  apply', '.:default'],
    ['# first\nterraform apply # then', '.:default'],
    ['cat <<EOF\nterraform plan\nEOF\nterraform apply', '.:default'],
    ['/usr/local/bin/terraform apply', '.:default'],
    ['"terraform" \'apply\'', '.:default'],
    ['cd "$DIR" && terraform apply', '$DIR:default'],
    ['cd && terraform apply', '~:default'],
    ['cd /srv && terraform apply', '/srv:default'],
  ])('%s', (command, expected) => {
    expect(locked(command)).toBe(expected);
  });

  test('the folder and the variables that the request has', () => {
    expect(locked('terraform apply', { workdir: 'envs/prod' })).toBe('envs/prod:default');
    expect(locked('cd ../dev && terraform apply', { workdir: 'envs/prod' })).toBe('envs/dev:default');
    expect(locked('terraform apply', { env: { TF_WORKSPACE: 'prod' } })).toBe('.:prod');
    expect(locked('pulumi up', { env: { PULUMI_STACK: 'dev' } })).toBe('.:dev');
  });

  test('exact arguments, and those of an image that is a tool', () => {
    expect(automaticLock({ repo, argv: ['terraform', 'apply'] })).toEqual({
      name: 'auto:github.com/user/infra#.:default',
      because: 'terraform apply',
      others: [],
    });
    expect(automaticLock({ repo, argv: ['sh', '-c', 'terraform apply'] })?.because).toBe('terraform apply');
    const image = { image: 'hashicorp/terraform:1.6', entrypoint: 'image' as const };
    expect(automaticLock({ repo, argv: ['-chdir=a', 'apply'], ...image })?.name).toContain('#a:default');
    expect(locked('apply -auto-approve', image)).toBe('.:default');
    expect(locked('apply', { ...image, entrypoint: 'shell' })).toBeUndefined();
  });
});

test.each([
  'terraform plan',
  'terraform apply -help',
  'terraform init',
  'terraform state list',
  'terraform workspace select prod',
  'terraform output',
  'terragrunt run-all plan',
  'pulumi preview',
  'pulumi stack ls',
  'pulumi destroy --preview-only',
  'ansible-playbook --check site.yml',
  'ansible-playbook -C site.yml',
  'ansible-playbook --list-hosts site.yml',
  'ansible-playbook --syntax-check site.yml',
  'ansible-playbook --version',
  'cdk diff',
  'cdk synth',
  'cdk deploy --no-execute',
  'serverless deploy list',
  'serverless info',
  'sam build',
  'aws s3 ls',
  'aws cloudformation describe-stacks --stack-name x',
  'helm template x',
  'helm upgrade --dry-run x y',
  'helmfile diff',
  'kubectl get pods',
  'kubectl apply --dry-run=server -f x',
  'kubectl rollout status deploy/x',
  'echo terraform apply',
  'echo "terraform apply"',
  "grep -r 'terraform apply' .",
  'cat <<EOF\nterraform apply\nEOF',
  '# terraform apply',
  'true \\; terraform apply',
  'make deploy',
  './deploy.sh',
  'terraform-docs apply',
  'sudo',
  'timeout 5',
  'sh script.sh terraform apply',
  '',
])('no lock is taken by %s', (command) => {
  expect(locked(command)).toBeUndefined();
});

describe('the name of a lock', () => {
  test('is one for all addresses of a repository', () => {
    const names = [repo, 'git@github.com:user/infra.git', 'ssh://git@github.com/user/infra'].map(
      (address) => automaticLock({ repo: address, command: 'terraform apply' })?.name,
    );
    expect(new Set(names)).toEqual(new Set(['auto:github.com/user/infra#.:default']));
  });

  test('names every state that is changed', () => {
    const lock = automaticLock({
      repo,
      command: 'for d in a b; do true; done; (cd a && terraform apply); cd b && terraform apply && terraform apply',
    });
    expect(lock).toEqual({
      name: 'auto:github.com/user/infra#a:default',
      because: 'terraform apply',
      others: ['auto:github.com/user/infra#b:default'],
    });
  });

  test('fits into a lock, and differs where states do', () => {
    const long = 'x'.repeat(300);
    const names = ['a', 'b'].map((last) => locked(`cd ${long}${last} && terraform apply`));
    for (const name of names) expect(`auto:github.com/user/infra#${name}`).toHaveLength(128);
    expect(names[0]).not.toBe(names[1]);
  });
});

test('any text is read in the end, and quoting of words is undone exactly', () => {
  fc.assert(fc.property(fc.string(), (text) => void automaticLock({ repo, command: text })));
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('$(', '`', '"', "'", '(', ')', '<<E', '\n', ';', 'a', '\\', '${', ' ')),
      (parts) => {
        void simpleCommands(parts.join(''));
      },
    ),
  );
  const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
      expect(simpleCommands(words.map(quote).join(' '))).toEqual([{ assignments: [], words, depth: 0 }]);
    }),
  );
  expect(simpleCommands('$('.repeat(2000))).toBeDefined();
});
