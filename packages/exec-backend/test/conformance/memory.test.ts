import { createKeyBook } from '../../src/core/keys.js';
import { createBackend } from '../../src/index.js';
import { describeAnswers } from '../support/describe-answers.js';
import { memoryPorts } from '../support/memory-ports.js';
import { createShellRunner } from '../support/shell-runner.js';
import { describeConformance } from './suite.js';

const answers = describeAnswers();

describeConformance(
  'memory',
  async () => {
    const shell = createShellRunner();
    const ports = memoryPorts({ runner: shell.runner, logs: shell.logs });
    const backend = createBackend(ports);
    shell.bind(backend.job);
    const keys = createKeyBook(ports);
    const { api_key: apiKey } = await keys.create({ name: 'tests', scopes: ['admin'] }, { scopes: ['admin'] });
    return {
      endpoint: 'http://memory.invalid',
      apiKey,
      fetch: (request) => backend.handle(request),
      repositoryUrl: (folder) => folder,
      sweep: () => backend.sweep(),
      close: async () => {
        await shell.close();
        await backend.close();
      },
    };
  },
  { onAnswer: answers.check },
);
