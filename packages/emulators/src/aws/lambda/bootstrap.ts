/**
 * The program of a function's process: loads the handler once and calls it for every message of its parent. It lies in a
 * file of its own because the function's process shares nothing with this one.
 *
 * @see AWS Lambda developer guide "Define Lambda function handler in Node.js"
 */
export const bootstrap = `import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = process.env.LAMBDA_TASK_ROOT;
const dot = process.env._HANDLER.lastIndexOf('.');
const module = process.env._HANDLER.slice(0, dot);
const name = process.env._HANDLER.slice(dot + 1);
const fault = (error) => ({
  errorType: error?.name ?? 'Error',
  errorMessage: error?.message ?? String(error),
  trace: String(error?.stack ?? '').split('\\n'),
});

async function load() {
  const file = ['.mjs', '.cjs', '.js'].map((end) => join(root, module + end)).find((path) => existsSync(path));
  if (!file) {
    throw Object.assign(new Error("Cannot find module '" + module + "'"), { name: 'Runtime.ImportModuleError' });
  }
  const loaded = await import(pathToFileURL(file).href);
  const handler = loaded[name] ?? loaded.default?.[name];
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(process.env._HANDLER + ' is undefined or not exported'), {
      name: 'Runtime.HandlerNotFound',
    });
  }
  return handler;
}

const loading = load();
loading.catch(() => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', async ({ id, event, context, deadlineMs }) => {
  const call = async () => {
    const handler = await loading;
    const full = { ...context, getRemainingTimeInMillis: () => deadlineMs - Date.now() };
    if (handler.length < 3) return await handler(event, full);
    return await new Promise((resolve, reject) => {
      handler(event, full, (error, value) => (error ? reject(error) : resolve(value)));
    });
  };
  try {
    const value = await call();
    process.send({ id, payload: JSON.stringify(value ?? null), failed: false });
  } catch (error) {
    console.error('Invoke Error', JSON.stringify(fault(error)));
    process.send({ id, payload: JSON.stringify(fault(error)), failed: true });
  }
});
`;
