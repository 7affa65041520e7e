import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSsmEmulator, type SsmEmulator, type SsmEmulatorOptions } from '@hawser/emulators/ssm';
import type { StartedSession } from '@hawser/ssm-channel';
import { createAwsApi } from '@hawser/ssm-channel/aws';
import { Program } from '../../../../test/support/program.js';

/** The plugin as it is installed. */
export const bin: string = fileURLToPath(new URL('../../bin/session-manager-plugin.cjs', import.meta.url));

/** The target that every test's emulator has. */
export const target = 'i-0123456789abcdef0';

/** A Session Manager, what its clients need in their environment, and our plugin where they look for it. */
export class World implements AsyncDisposable {
  readonly ssm: SsmEmulator;
  /** For temporary files; gone at the end. */
  readonly folder: string;
  /** The environment of a client: no variable of this machine's AWS or plugin configuration, our plugin on PATH. */
  readonly env: NodeJS.ProcessEnv;

  private constructor(ssm: SsmEmulator) {
    this.ssm = ssm;
    this.folder = mkdtempSync(join(tmpdir(), 'hawser-plugin-'));
    symlinkSync(bin, join(this.folder, 'session-manager-plugin'));
    this.env = { ...cleanEnvironment(), ...ssm.env, PATH: [this.folder, process.env['PATH']].join(delimiter) };
  }

  static async start(options: SsmEmulatorOptions = {}): Promise<World> {
    // Shells of the emulator print this prompt, whoever runs the tests.
    const agent = { ...options.agent, environment: { PS1: '$ ', ENV: '', ...options.agent?.environment } };
    return new World(await startSsmEmulator({ seed: 1, targets: [{ id: target }], ...options, agent }));
  }

  /** Starts a session as the AWS CLI does before it calls the plugin. */
  async session(document?: string, parameters?: Record<string, string>): Promise<StartedSession> {
    using api = createAwsApi({ env: this.ssm.env, endpointUrl: this.ssm.endpoint });
    const lists = Object.entries(parameters ?? {}).map(([name, value]) => [name, [value]]);
    return await api.startSession({
      target,
      ...(document === undefined ? {} : { document }),
      ...(parameters ? { parameters: Object.fromEntries(lists) as Record<string, string[]> } : {}),
    });
  }

  /** Runs the plugin as the AWS CLI does. */
  dropIn(start: StartedSession, options: { readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {}): Program {
    return plugin(dropInWords(this, start), { ...options, env: { ...this.env, ...options.env } });
  }

  /** Runs the plugin in its own form. */
  own(words: readonly string[], options: { readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {}): Program {
    return plugin(words, { ...options, env: { ...this.env, ...options.env } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ssm.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs the built plugin. */
export function plugin(
  words: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {},
): Program {
  return new Program(process.execPath, [bin, ...words], { ...options, env: options.env ?? cleanEnvironment() });
}

/** What the AWS CLI says to the plugin. */
export function dropInWords(world: World, start: StartedSession): string[] {
  const response = { SessionId: start.sessionId, TokenValue: start.tokenValue, StreamUrl: start.streamUrl };
  const request = { Target: target };
  return [JSON.stringify(response), 'us-east-1', 'StartSession', '', JSON.stringify(request), world.ssm.endpoint];
}

/** The three options that name a session. */
export function sessionOptions(start: StartedSession): string[] {
  return ['--session-id', start.sessionId, '--stream-url', start.streamUrl, '--token-value', start.tokenValue];
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS_|HAWSER_|SSM_PLUGIN_|https?_proxy$|no_proxy$)/i.test(name)),
  );
}

/**
 * Puts a program before our plugin that notes down the words of each call, as JSON lines, and goes on as the plugin.
 */
export async function spyOnHandOver(
  world: World,
): Promise<AsyncDisposable & { env: NodeJS.ProcessEnv; calls(): Promise<string[][]> }> {
  const folder = await mkdtemp(join(world.folder, 'spy-'));
  const notes = join(folder, 'calls');
  const source = `#!${process.execPath}
require('node:fs').appendFileSync(${JSON.stringify(notes)}, JSON.stringify(process.argv.slice(2)) + require('node:os').EOL);
require(${JSON.stringify(bin)});
`;
  await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }');
  await writeFile(join(folder, 'session-manager-plugin'), source, { mode: 0o755 });
  return {
    env: { ...world.env, PATH: [folder, world.env['PATH']].join(delimiter) },
    async calls() {
      const lines = (await readFile(notes, 'utf8')).trim().split('\n');
      return lines.map((line) => JSON.parse(line) as string[]);
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
    },
  };
}
