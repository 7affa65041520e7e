import { basename, dirname } from 'node:path';
import { GitHttpServer } from '../../../../test/support/git-server.js';
import { startLambdaService } from '../support/lambda-service.js';
import { describeConformance } from './suite.js';

describeConformance('Lambda over an emulated AWS', async () => {
  const service = await startLambdaService();
  let git: GitHttpServer | undefined;
  return {
    endpoint: service.endpoint,
    apiKey: service.apiKey,
    fetch: (request) => fetch(request),
    repositoryUrl: async (folder) => {
      git = await GitHttpServer.start({ root: dirname(folder) });
      return git.url(basename(folder));
    },
    sweep: () => service.handler({ 'detail-type': 'Scheduled Event' }),
    close: async () => {
      await git?.[Symbol.asyncDispose]();
      await service.close();
    },
  };
});
