// `npm test`: everything that needs no cluster. Installs what it needs.
import { ensureCompiler, ensureDependencies, ensureNginx } from './ensure.mjs';
import { checks, features, runSteps } from './steps.mjs';

ensureDependencies();
ensureNginx();
ensureCompiler();
process.exitCode = runSteps([...checks, ...features]) ? 0 : 1;
