import type { KubeObject } from '../objects.ts';

/** A place in a file. Lines count from 1; 0 means the file or folder as a whole. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Where an object was written. `line` is its first line. */
export interface Origin extends Place {
  /**
   * The line of a field such as `spec.rules[0].http.paths[1].path` or `metadata.annotations["example.com/x"]`, named as in the
   * converted object; when it is not written down, the line of the nearest thing around it that is.
   */
  lineOf(field: string): number;
}

/** An object together with its place. */
export interface Placed<P extends Place = Place> {
  readonly object: KubeObject;
  readonly origin: P;
  /** Names what was written (`Endpoints shop/web`), which is not always what it became. */
  readonly source: string;
}

/** Something in the manifests that cannot be used. */
export interface Fault extends Place {
  /**
   * `text`: the file is not YAML, so nothing of it is used. `object`: one object of it is not used. `duplicate`: another file has
   * the same object. `unreadable`: the file or folder could not be read. In all cases what was good before stays in force.
   */
  readonly code: 'text' | 'object' | 'duplicate' | 'unreadable';
  /** A sentence for the owner of the file: what is wrong and what to write instead. Never holds values of Secrets. */
  readonly reason: string;
}

/** `manifests/shop.yaml:12: Service shop/web: spec.ports[0].port is missing` */
export function describeFault({ file, line, reason }: Fault): string {
  return line === 0 ? `${file}: ${reason}` : `${file}:${line}: ${reason}`;
}
