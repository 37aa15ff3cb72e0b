import { imageLayout, layoutOf } from '../nginx/layout.ts';
import { dbg } from './dbg.ts';

const DATA_DIR = '--data-dir=';

// Only where the controller was started with this flag, too.
const folder = process.argv.find((arg) => arg.startsWith(DATA_DIR))?.slice(DATA_DIR.length);
const layout = folder === undefined ? imageLayout() : layoutOf(folder);

process.exitCode = await dbg({
  args: process.argv.slice(2).filter((arg) => !arg.startsWith(DATA_DIR)),
  config: layout.config,
  quarantine: layout.quarantine,
  socket: layout.inspectionSocket,
  write: (text) => process.stdout.write(text),
});
