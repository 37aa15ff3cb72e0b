/** What the webhook tells whoever counts reviews. It stands here since neither of the two may know the other. */

/** A review that came as far as the configuration; what is refused before that counts nowhere. */
export interface Reviewed {
  readonly namespace: string;
  readonly ingress: string;
  readonly outcome: 'accepted' | 'refused';
  /** Ingresses that were considered, the candidate included. */
  readonly considered: number;
  /** Ingresses whose paths were rendered and shown to nginx. */
  readonly tested: number;
  /** Of the file that nginx was shown; 0 when nothing was new to it. */
  readonly bytes: number;
  readonly milliseconds: {
    /** What comes before the rendering. */
    readonly before: number;
    /** From the rendering to the end. */
    readonly test: number;
  };
}
