import { systemOptions, waitShutdown } from './wait-shutdown.ts';

process.exitCode = await waitShutdown(systemOptions());
