/**
 * Before all suites: image and controller in the cluster; after them: nothing of it is left.
 *
 * The suites run one after the other: most of them replace, kill or scale the one controller, restart the API server, or count lost
 * requests on two cores, and every suite that creates an Ingress needs its webhook. Those that could run beside others take seconds.
 */
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
