/** Before all suites: image and controller in the cluster; after them: nothing of it is left. */
import { buildImage, install, leftovers, uninstall } from './support/controller.ts';

export async function mochaGlobalSetup(): Promise<void> {
  await buildImage();
  await install();
}

export async function mochaGlobalTeardown(): Promise<void> {
  await uninstall();
  const left = await leftovers();
  if (left.length > 0) throw new Error(`the uninstall leaves behind: ${left.join(' ')}`);
}
