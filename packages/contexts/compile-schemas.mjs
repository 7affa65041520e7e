// Compiles the schema of contexts.json ahead of time, so that no compiler of schemas is loaded when contexts are read:
//   node compile-schemas.mjs [--print]
// writes src/plan/contexts-validator.generated.ts, or shows what it would write. The built source is read: build first.
import { precompileSchemas } from '../../scripts/precompile-schemas.mjs';
import { contextsSchema } from './dist/plan/contexts-schema.js';

await precompileSchemas({
  schemas: { validate: contextsSchema },
  options: { allErrors: false },
  file: new URL('src/plan/contexts-validator.generated.ts', import.meta.url),
  type: { name: 'Validator', from: '@hawser/state-store' },
  only: 'validateContexts',
});
