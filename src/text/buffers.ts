/** How buffers of answers must fit together for nginx. */
import type { Size } from './safe.ts';
import { sizeInBytes } from './values.ts';

export interface Buffers {
  /** Of the first buffer, and of each of the others. */
  readonly size: Size;
  readonly count: number;
}

/** At least one buffer, and not more than all but one. */
export function fitsBuffers(busy: Size, { size, count }: Buffers): boolean {
  const [least, wanted] = [sizeInBytes(size), sizeInBytes(busy)];
  return wanted >= least && wanted <= least * (count - 1);
}

/** For people: what would fit. */
export function describeFit({ size, count }: Buffers): string {
  const least = sizeInBytes(size);
  return `it must be from ${least} to ${least * (count - 1)} bytes with ${count} buffers of ${size}`;
}

interface BufferSettings {
  readonly proxyBusyBuffersSize: Size | null;
  readonly proxyBufferSize: Size;
  readonly proxyBuffersNumber: number;
}

/** What is said for all locations; null: nginx's own, two buffers, which it refuses when there are only two. */
export function busyBuffersOf(settings: BufferSettings): Size | null {
  const { proxyBusyBuffersSize, proxyBufferSize, proxyBuffersNumber } = settings;
  return proxyBusyBuffersSize ?? (proxyBuffersNumber === 2 ? proxyBufferSize : null);
}
