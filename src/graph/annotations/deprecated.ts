/** Annotations that have no effect with the last releases of ingress-nginx either; each group is told about once. */
export interface Deprecated {
  readonly names: readonly string[];
  /** What to do instead. */
  readonly advice: string;
}

export const deprecatedAnnotations: readonly Deprecated[] = [
  {
    names: ['secure-verify-ca-secret'],
    advice: 'write proxy-ssl-secret and proxy-ssl-verify instead',
  },
  {
    names: [
      'enable-influxdb',
      'influxdb-measurement',
      'influxdb-port',
      'influxdb-host',
      'influxdb-server-name',
    ],
    advice: 'remove enable-influxdb and influxdb-*; the metrics of the controller tell the same',
  },
];
