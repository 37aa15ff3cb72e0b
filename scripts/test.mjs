// `npm test`: everything that needs no cluster. Installs what it needs.
import { ensureCompiler, ensureDependencies, ensureNginx, ensurePrometheus } from './ensure.mjs';
import { checks, features, runSteps } from './steps.mjs';

ensureDependencies();
ensureNginx();
ensureCompiler();
ensurePrometheus();
process.exitCode = runSteps([...checks, ...features]) ? 0 : 1;
