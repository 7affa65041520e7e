import type { ApiRoute } from '@hawser/exec-client/contract';
import type { Endpoints } from './route.js';
import { attachEndpoints } from './routes/attach.js';
import { executionEndpoints } from './routes/executions.js';
import { jobEndpoints } from './routes/jobs.js';
import { keyEndpoints } from './routes/keys.js';
import { listEndpoints } from './routes/list.js';
import { lockEndpoints } from './routes/locks.js';
import { logEndpoints } from './routes/logs.js';
import { rerunEndpoints } from './routes/rerun.js';
import { secretEndpoints } from './routes/secrets.js';
import { serviceEndpoints } from './routes/service.js';

/** What answers each route of the API. */
export const endpoints: Endpoints<ApiRoute> = {
  ...executionEndpoints,
  ...listEndpoints,
  ...logEndpoints,
  ...rerunEndpoints,
  ...attachEndpoints,
  ...jobEndpoints,
  ...lockEndpoints,
  ...secretEndpoints,
  ...keyEndpoints,
  ...serviceEndpoints,
};
