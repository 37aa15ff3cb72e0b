import { imageLayout } from '../nginx/layout.ts';
import { dbg } from './dbg.ts';

process.exitCode = await dbg({
  args: process.argv.slice(2),
  config: imageLayout().config,
  quarantine: imageLayout().quarantine,
  write: (text) => process.stdout.write(text),
});
