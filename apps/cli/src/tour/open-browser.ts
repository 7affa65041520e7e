import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What opens an address in the person's browser. */
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  // `start` takes its first quoted word for the title of a window.
  win32: ['cmd', '/c', 'start', '""'],
};

/** Opens an address in the person's browser; false where nothing can. */
export async function openBrowser(url: string): Promise<boolean> {
  const [program = '', ...args] = openers[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
  try {
    await once(child, 'spawn');
  } catch {
    return false;
  }
  child.unref();
  return true;
}
