import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Runs a tool of the system. Linux needs none of them, so what it takes is only loaded here. */
async function run(command: string, args: readonly string[], env = process.env): Promise<{ stdout: string }> {
  const { execFile } = await import('node:child_process');
  return promisify(execFile)(command, args, { env });
}

/**
 * When a process began, on systems without `/proc`: as `ps` prints it (one-second resolution), on Windows in
 * milliseconds since 1970. `undefined` when there is no such process.
 */
export async function startOfProcess(pid: number): Promise<string | undefined> {
  return process.platform === 'win32' ? startOnWindows(pid) : startByPs(pid);
}

/** The start time by `ps`; its notation follows the locale, hence `LC_ALL` and `TZ`. */
export async function startByPs(pid: number): Promise<string | undefined> {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], env).catch(onNoSuchProcess);
  return stdout.trim().replaceAll(/\s+/g, ' ') || undefined;
}

async function startOnWindows(pid: number): Promise<string | undefined> {
  const script = `([DateTimeOffset](Get-Process -Id ${pid}).StartTime).ToUnixTimeMilliseconds()`;
  const { stdout } = await run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script]).catch(
    onNoSuchProcess,
  );
  return /\d+/.exec(stdout)?.[0];
}

/** Both tools exit with 1 for an unknown process; that they are missing altogether is a failure. */
function onNoSuchProcess(error: unknown): { stdout: string } {
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === 1) return { stdout: '' };
  throw error;
}

/** The machine's lasting id, or an empty string where there is none to be had. */
export async function machineIdOf(): Promise<string> {
  if (process.platform === 'linux') return firstLineOf('/etc/machine-id', '/var/lib/dbus/machine-id');
  const asked = process.platform === 'win32' ? askRegistry() : askIoRegistry();
  return (await asked.catch(() => undefined)) ?? '';
}

async function firstLineOf(...paths: string[]): Promise<string> {
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (/^[0-9a-f]{32}\s*$/.test(text)) return text.trim();
  }
  return '';
}

async function askRegistry(): Promise<string | undefined> {
  const key = String.raw`HKLM\SOFTWARE\Microsoft\Cryptography`;
  const { stdout } = await run('reg', ['query', key, '/v', 'MachineGuid']);
  return /REG_SZ\s+(\S+)/.exec(stdout)?.[1];
}

async function askIoRegistry(): Promise<string | undefined> {
  const { stdout } = await run('ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']);
  return /"IOPlatformUUID" = "([^"]+)"/.exec(stdout)?.[1];
}
