/** What nginx reserves, and what its processes are like (compat/behaviour.md 14.1 and 14.2). */
import type { Settings } from '../config/settings/table.ts';

export function tuningView(settings: Settings) {
  return {
    hasCpuAffinity: settings.workerCpuAffinity.length > 0,
    cpuAffinity: settings.workerCpuAffinity,
    debugConnections: settings.debugConnections,
    aioWrite: settings.enableAioWrite,
    mapHashBucketSize: settings.mapHashBucketSize,
    proxyHeadersHashMaxSize: settings.proxyHeadersHashMaxSize,
    proxyHeadersHashBucketSize: settings.proxyHeadersHashBucketSize,
    variablesHashBucketSize: settings.variablesHashBucketSize,
    variablesHashMaxSize: settings.variablesHashMaxSize,
    defaultType: settings.defaultType,
    hasGrpcBuffer: settings.grpcBufferSizeKb > 0,
    grpcBufferSizeKb: settings.grpcBufferSizeKb,
    sharedDicts: settings.luaSharedDicts.filter(({ isFixed }) => !isFixed),
    hasGzipDisable: settings.gzipDisable !== null,
    gzipDisable: settings.gzipDisable ?? '',
    proxyCookieDomain: settings.proxyCookieDomain,
    proxyCookiePath: settings.proxyCookiePath,
  };
}
