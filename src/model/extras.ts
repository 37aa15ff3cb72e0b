/** What annotations of Tidegate's own ask for. */
import type { ExtensionAnnotations } from '../graph/annotations/extensions.ts';
import type { HeaderLine } from '../text/header-lines.ts';
import type { RateLimit } from '../text/rate-limits.ts';
import type { RedirectLine } from '../text/redirect-lines.ts';

export interface ExtrasPolicy {
  readonly rateLimits: readonly RateLimit[];
  readonly requestHeaders: readonly HeaderLine[];
  readonly responseHeaders: readonly HeaderLine[];
  readonly redirects: readonly RedirectLine[];
}

export function extrasPolicy(own: ExtensionAnnotations): ExtrasPolicy | null {
  if (Object.values(own).every((value) => value === null)) return null;
  return {
    rateLimits: own.rateLimits ?? [],
    requestHeaders: own.requestHeaders ?? [],
    responseHeaders: own.responseHeaders ?? [],
    redirects: own.redirects ?? [],
  };
}
