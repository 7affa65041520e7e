// The credential plugin as a program of its own: what kubectl runs at every start. Nothing of the command line is
// loaded, and of the libraries only what signs.
import { homedir } from 'node:os';
import { parseArgs } from 'node:util';
import { ContextsError, execCredential, pluginToken } from '@hawser/contexts/eks-token';

const options = {
  'cluster-name': { type: 'string' },
  'cluster-id': { type: 'string' },
  region: { type: 'string' },
  profile: { type: 'string' },
  'role-arn': { type: 'string' },
  'endpoint-url': { type: 'string' },
  'no-cache': { type: 'boolean' },
} as const;

/** Prints the reply to a credential plugin's caller, or says why there is none; sets the exit code. */
export async function main(argv: string[]): Promise<void> {
  const { env } = process;
  try {
    const flags = parse(argv);
    const cluster = flags['cluster-name'] ?? flags['cluster-id'];
    if (cluster === undefined) throw new ContextsError('HAWSER_AWS_BAD_INPUT', 'Pass --cluster-name NAME');
    const token = await pluginToken({
      cluster,
      region: flags.region ?? (env['HAWSER_REGION'] || undefined),
      profile: flags.profile ?? (env['HAWSER_PROFILE'] || undefined),
      roleArn: flags['role-arn'],
      stsEndpoint: flags['endpoint-url'] ?? (env['HAWSER_ENDPOINT_URL'] || undefined),
      cache: flags['no-cache'] !== true,
      env,
      home: homedir(),
      nowMs: Date.now(),
    });
    process.stdout.write(execCredential(token, env['KUBERNETES_EXEC_INFO']));
  } catch (error) {
    const { message, hint, exitCode = 1 } = error as Partial<ContextsError>;
    process.stderr.write(`✗ ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`);
    process.exitCode = exitCode;
  }
}

function parse(argv: string[]): ReturnType<typeof parseArgs<{ options: typeof options }>>['values'] {
  try {
    return parseArgs({ args: argv, options, strict: true }).values;
  } catch (error) {
    throw new ContextsError('HAWSER_AWS_BAD_INPUT', (error as Error).message, {
      hint: 'hawser aws eks-token --help shows what there is.',
      cause: error,
    });
  }
}

// Run as a file, which is what a kubeconfig does.
if (require.main === module) void main(process.argv.slice(2));
