// The credential plugin as a program of its own: what kubectl runs at every start. Nothing of the command line is
// loaded, and of the libraries only what signs.
import { ContextsError, execCredential, pluginToken } from '@hawser/contexts/eks-token';
import { pluginOptions } from './plugin-options.js';

const names = ['cluster-name', 'cluster-id', 'region', 'profile', 'role-arn', 'endpoint-url', 'no-cache'] as const;
type Name = (typeof names)[number];

/** Prints the reply to a credential plugin's caller, or says why there is none; sets the exit code. */
export async function main(argv: string[]): Promise<void> {
  const { env } = process;
  // The SDK, if it is asked, would print its plans for Node 20 above kubectl's own words.
  env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  try {
    const flags = parse(argv);
    const cluster = flags['cluster-name'] ?? flags['cluster-id'];
    if (cluster === undefined) throw new ContextsError('HAWSER_AWS_BAD_INPUT', 'Pass --cluster-name NAME');
    const token = await pluginToken(
      pluginOptions({
        cluster,
        region: flags.region ?? (env['HAWSER_REGION'] || undefined),
        profile: flags.profile ?? (env['HAWSER_PROFILE'] || undefined),
        roleArn: flags['role-arn'],
        endpointUrl: flags['endpoint-url'] ?? (env['HAWSER_ENDPOINT_URL'] || undefined),
        noCache: flags['no-cache'] !== undefined,
      }),
    );
    process.stdout.write(execCredential(token, env['KUBERNETES_EXEC_INFO']));
  } catch (error) {
    const { message, hint, exitCode = 1 } = error as Partial<ContextsError>;
    process.stderr.write(`✗ ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`);
    process.exitCode = exitCode;
  }
}

/** By hand: `parseArgs` of Node takes 2 ms to load, of the 17 that the program may take beside Node itself. */
function parse(argv: readonly string[]): Partial<Record<Name, string>> {
  const flags: Partial<Record<Name, string>> = {};
  for (let at = 0; at < argv.length; at++) {
    const [, word, joined] = /^--([\w-]+)(?:=(.*))?$/s.exec(argv[at] ?? '') ?? [];
    const name = names.find((one) => one === word);
    if (name === undefined) throw badFlag(`There is no flag '${argv[at]}'`);
    const value = joined ?? (name === 'no-cache' ? '' : argv[++at]);
    if (value === undefined) throw badFlag(`--${name} is without a value`);
    flags[name] = value;
  }
  return flags;
}

function badFlag(message: string): ContextsError {
  return new ContextsError('HAWSER_AWS_BAD_INPUT', message, {
    hint: 'hawser aws eks-token --help shows what there is.',
  });
}

// Run as a file, which is what a kubeconfig does.
if (require.main === module) void main(process.argv.slice(2));
