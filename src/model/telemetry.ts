/** Which requests become spans (compat/behaviour.md 26.7). */
import type { Settings } from '../config/settings/table.ts';
import type { TelemetryAnnotations } from '../graph/annotations/telemetry.ts';
import type { Expression } from '../text/safe.ts';

export interface TelemetryPolicy {
  /** Null: the method and the path of the Ingress. */
  readonly name: Expression | null;
  /** Whether spans continue the traces of clients. */
  readonly trust: boolean;
}

/** @param own null for what belongs to no Ingress. */
export function telemetryPolicy(
  own: TelemetryAnnotations | null,
  settings: Settings,
): TelemetryPolicy | null {
  if (!(own?.enabled ?? settings.enableOpentelemetry)) return null;
  // The others count only beside the first, also where the ConfigMap says it.
  const given = own?.enabled === true ? own : null;
  return {
    name: given?.name ?? settings.opentelemetryOperationName,
    trust: given?.trust ?? settings.opentelemetryTrustIncomingSpan,
  };
}
