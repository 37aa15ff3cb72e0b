/**
 * Addresses of this machine that are not loopback addresses. Endpoints that come from an API server must not be loopback
 * addresses, and the resolver asks port 53; both need addresses that only the tests know.
 */
import { randomInt } from 'node:crypto';
import { spawnSync } from 'node:child_process';

/** Adds an address of the range for benchmarks (RFC 2544) to the loopback interface. Remove it at the end. */
export function addAddress(): string {
  const address = `198.18.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  run('add', address);
  return address;
}

export function removeAddress(address: string): void {
  run('del', address);
}

function run(verb: 'add' | 'del', address: string): void {
  const result = spawnSync('ip', ['addr', verb, `${address}/32`, 'dev', 'lo'], { encoding: 'utf8' });
  if (result.status === 0) return;
  const reason = result.error === undefined ? result.stderr.trim() : result.error.message;
  throw new Error(
    `"ip addr ${verb} ${address}/32 dev lo" failed: ${reason}. The feature tests need an address of their own on the ` +
      'loopback interface: run them as root, with the package iproute2 installed (apt-get install iproute2).',
  );
}
