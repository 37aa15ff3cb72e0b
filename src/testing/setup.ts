/** Loaded before all tests: they must run on the Node that the project ships with. */
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  throw new Error(
    `tests need Node 24, this is ${process.version}; run them with "npm test" (if node_modules/.bin/node is missing: npm ci)`,
  );
}
