// `npm test`: everything that needs no cluster. Installs what it needs.
import {
  ensureChromium,
  ensureCompiler,
  ensureDependencies,
  ensureNginx,
  ensurePrometheus,
  ensureShells,
} from './ensure.mjs';
import { checks, features, runSteps } from './steps.mjs';

ensureDependencies();
ensureNginx();
ensureCompiler();
ensurePrometheus();
ensureChromium();
ensureShells();
process.exitCode = runSteps([...checks, ...features]) ? 0 : 1;
