import type { DropInCall, Invocation } from './argv.js';
import { exitStatus, invalidInput } from './ending.js';
import { createLog } from './log.js';
import { readMembers } from './members.js';
import { type Given, help, parseOwnForm } from './own-form.js';
import { readResponse } from './response.js';
import { runSession } from './session.js';
import { type Settings, readSettings, reportedVersion } from './settings.js';
import { readLeadingJson } from './stdin-json.js';
import { strings } from './strings.js';
import { missingParts, partsOf, validate } from './validate.js';
import { createVoice } from './voice.js';

/** Carries out what needs more than printing, and ends the process with its status. */
export async function run(invocation: Exclude<Invocation, { do: 'print' }>): Promise<void> {
  if (invocation.do === 'version') {
    process.stdout.write(`${reportedVersion(process.env)}\n`);
    return;
  }
  // The SDK would tell a person who uses our Node about it.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  // A reader that went away is noticed where it is written to; it is no reason to crash.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const settings = readSettings(process.env);
  const status =
    invocation.do === 'drop-in'
      ? await runDropIn(invocation.call, settings)
      : await runOwnForm(invocation.words, settings);
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit(status);
}

async function runDropIn(call: DropInCall, settings: Settings): Promise<number> {
  const json = 'variable' in call.response ? takeVariable(call.response.variable) : call.response.json;
  const response = readResponse(json);
  const start = 'start' in response ? response.start : {};
  const log = createLog({
    file: settings.logFile,
    fileLevel: settings.logLevel,
    talk: undefined,
    secrets: secretsOf(start.tokenValue),
  });
  const voice = createVoice({ isDropIn: true, isQuiet: settings.quiet, remoteExitCode: settings.remoteExitCode, log });
  if (call.operation !== 'StartSession') {
    voice.fail(strings.invalidOperation);
    return 0;
  }
  if ('malformed' in response) {
    voice.fail(strings.cannotStart(response.malformed));
    return exitStatus({ how: 'failed' }, voice);
  }
  const target = call.request === undefined ? undefined : targetOf(call.request);
  const problems = missingParts(start);
  if (call.request !== undefined && target === undefined) problems.push('the request must be JSON with a Target');
  if (problems.length > 0) {
    voice.fail(strings.cannotStart(problems.join(', ')));
    return invalidInput;
  }
  const ending = await runSession(
    {
      start: partsOf(start),
      target,
      region: call.region,
      profile: call.profile,
      endpointUrl: call.endpointUrl,
      clientId: undefined,
      expected: undefined,
      localPort: undefined,
      mayEncrypt: call.profile !== undefined,
    },
    { voice, version: settings.version, withoutAws: settings.withoutAws },
  );
  return exitStatus(ending, voice);
}

async function runOwnForm(words: readonly string[], settings: Settings): Promise<number> {
  const { given: options, json, problems } = parseOwnForm(words);
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  // Nobody is made to wait for standard input when the words are wrong already; what it would have said is not missing.
  const isUnread = problems.length > 0 && typeof json === 'string';
  const members = isUnread ? nothing : await readGiven(json);
  const given: Given = { ...members.given, ...options };
  const log = createLog({
    file: given.logFile ?? settings.logFile,
    fileLevel: given.verbose ? 'debug' : settings.logLevel,
    talk: { level: given.verbose ? 'debug' : 'warn', write: talk },
    secrets: secretsOf(given.tokenValue),
  });
  const judged = validate(given);
  const wrong = [...problems, ...members.problems];
  if (!isUnread && 'problems' in judged) wrong.push(...judged.problems);
  for (const problem of wrong) log.error(`Validation error: ${problem}`);
  if (wrong.length > 0 || 'problems' in judged) return invalidInput;
  const voice = createVoice({
    isDropIn: false,
    isQuiet: given.quiet ?? settings.quiet,
    remoteExitCode: given.exitCode ?? settings.remoteExitCode,
    log,
  });
  const ending = await runSession(judged.request, {
    voice,
    version: settings.version,
    withoutAws: settings.withoutAws,
  });
  return exitStatus(ending, voice);
}

const nothing: ReturnType<typeof readMembers> = { given: {}, problems: [] };

async function readGiven(json: ReturnType<typeof parseOwnForm>['json']): Promise<ReturnType<typeof readMembers>> {
  if (json === undefined || (json === 'stdin-unless-terminal' && process.stdin.isTTY)) return nothing;
  if (typeof json === 'object') return readMembers(json.word);
  try {
    const text = await readLeadingJson(process.stdin);
    // Nothing on standard input is nothing said, and the missing parts are named.
    return text.trim() === '' ? nothing : readMembers(text);
  } catch (error) {
    return { given: {}, problems: [`Standard input cannot be read: ${(error as Error).message}`] };
  }
}

/** While a session has the terminal in raw mode, a newline alone does not bring the cursor back to the first column. */
function talk(line: string): void {
  process.stderr.write(process.stderr.isTTY ? line.replaceAll('\n', '\r\n') : line);
}

/** The variable holds a token: it is not left for the programs we may start. */
function takeVariable(name: string): string {
  const value = process.env[name] ?? '';
  delete process.env[name];
  return value;
}

function targetOf(request: string): string | undefined {
  try {
    const { Target: target } = JSON.parse(request) as { Target?: unknown };
    return typeof target === 'string' ? target : undefined;
  } catch {
    return undefined;
  }
}

function secretsOf(token: string | undefined): string[] {
  return [token, process.env['AWS_SECRET_ACCESS_KEY'], process.env['AWS_SESSION_TOKEN']].filter(
    (secret) => secret !== undefined,
  );
}

async function written(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((done) => stream.write('', () => done()));
}
