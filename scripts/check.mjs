// `npm run check`: what every commit must pass, under a minute.
import { ensureDependencies } from './ensure.mjs';
import { checks, runSteps } from './steps.mjs';

ensureDependencies();
process.exitCode = runSteps(checks) ? 0 : 1;
