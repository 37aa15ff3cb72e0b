/** Annotations of ingress-nginx without an effect yet. None of them restricts access. */
export const annotationsWithoutEffectYet: ReadonlySet<string> = new Set([]);
