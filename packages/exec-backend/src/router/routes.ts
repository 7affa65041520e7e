import { executionRoutes } from './routes/executions.js';
import { jobRoutes } from './routes/jobs.js';
import { logRoutes } from './routes/logs.js';
import { serviceRoutes } from './routes/service.js';
import type { Route } from './route.js';

/** Every route of the API. */
export const routes: readonly Route[] = [...executionRoutes, ...logRoutes, ...jobRoutes, ...serviceRoutes];
