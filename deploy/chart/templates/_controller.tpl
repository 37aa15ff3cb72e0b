{{/* The controller's pod, which Deployment and DaemonSet share. */}}

{{- define "ingress-nginx.controller.args" -}}
{{- $controller := .Values.controller -}}
{{- $name := include "ingress-nginx.controller.fullname" . -}}
{{- $here := "$(POD_NAMESPACE)" -}}
- /nginx-ingress-controller
{{- if not $controller.enableAnnotationValidations }}
- --enable-annotation-validation=false
{{- end }}
{{- if .Values.defaultBackend.enabled }}
- --default-backend-service={{ $here }}/{{ include "ingress-nginx.defaultBackend.fullname" . }}
{{- end }}
{{- with include "ingress-nginx.controller.publishedService" . }}
- --publish-service={{ . }}
{{- end }}
- --election-id={{ include "ingress-nginx.controller.electionID" . }}
- --controller-class={{ $controller.ingressClassResource.controllerValue }}
{{- with $controller.ingressClass }}
- --ingress-class={{ . }}
{{- end }}
- --configmap={{ $controller.configMapNamespace | default $here }}/{{ $name }}
{{- if .Values.tcp }}
- --tcp-services-configmap={{ $controller.tcp.configMapNamespace | default $here }}/{{ include "ingress-nginx.append" (list (include "ingress-nginx.fullname" .) "tcp") }}
{{- end }}
{{- if .Values.udp }}
- --udp-services-configmap={{ $controller.udp.configMapNamespace | default $here }}/{{ include "ingress-nginx.append" (list (include "ingress-nginx.fullname" .) "udp") }}
{{- end }}
{{- if $controller.scope.enabled }}
- --watch-namespace={{ $controller.scope.namespace | default $here }}
{{- else if $controller.scope.namespaceSelector }}
- {{ printf "--watch-namespace-selector=%s" $controller.scope.namespaceSelector | toJson }}
{{- end }}
{{- if and $controller.reportNodeInternalIp $controller.hostNetwork }}
- --report-node-internal-ip-address=true
{{- end }}
{{- with $controller.admissionWebhooks }}
{{- if .enabled }}
- --validating-webhook=:{{ int .port }}
- --validating-webhook-certificate={{ .certificate }}
- --validating-webhook-key={{ .key }}
{{- end }}
{{- end }}
{{- with $controller.maxmindLicenseKey }}
- {{ printf "--maxmind-license-key=%s" . | toJson }}
{{- end }}
{{- with $controller.healthCheckHost }}
- {{ printf "--healthz-host=%s" . | toJson }}
{{- end }}
{{- if ne $controller.healthCheckPath "/healthz" }}
- {{ printf "--health-check-path=%s" $controller.healthCheckPath | toJson }}
{{- end }}
{{- if $controller.ingressClassByName }}
- --ingress-class-by-name=true
{{- end }}
{{- if $controller.watchIngressWithoutClass }}
- --watch-ingress-without-class=true
{{- end }}
{{- if $controller.metrics.enabled }}
- --enable-metrics=true
{{- end }}
{{- if $controller.enableTopologyAwareRouting }}
- --enable-topology-aware-routing=true
{{- end }}
{{- if $controller.disableLeaderElection }}
- --disable-leader-election=true
{{- end }}
{{- with $controller.electionTTL }}
- --election-ttl={{ . }}
{{- end }}
{{- include "ingress-nginx.flags" $controller.extraArgs }}
{{- end -}}

{{/* namespace/name of the Service whose addresses are published; nothing when there is none. */}}
{{- define "ingress-nginx.controller.publishedService" -}}
{{- $service := .Values.controller.service -}}
{{- if and .Values.controller.publishService.enabled $service.enabled -}}
{{- $name := include "ingress-nginx.controller.fullname" . -}}
{{- $external := printf "$(POD_NAMESPACE)/%s" $name -}}
{{- $internal := printf "$(POD_NAMESPACE)/%s" (include "ingress-nginx.append" (list $name "internal")) -}}
{{- if $service.external.enabled -}}
{{- .Values.controller.publishService.pathOverride | default $external -}}
{{- else if and $service.internal.enabled $service.internal.annotations -}}
{{- .Values.controller.publishService.pathOverride | default $internal -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the names of plain TCP and UDP ports start with, in container and Service. */}}
{{- define "ingress-nginx.controller.portPrefix" -}}
{{- with .Values.portNamePrefix }}{{ . }}-{{ end -}}
{{- end -}}

{{- define "ingress-nginx.controller.ports" -}}
{{- $hostPort := .Values.controller.hostPort -}}
{{- $prefix := include "ingress-nginx.controller.portPrefix" . -}}
{{- range $name, $port := .Values.controller.containerPort }}
- name: {{ $name }}
  containerPort: {{ int $port }}
  protocol: TCP
  {{- if $hostPort.enabled }}
  hostPort: {{ get ($hostPort.ports | default dict) $name | default $port | int }}
  {{- end }}
{{- end }}
{{- with .Values.controller.metrics }}
{{- if .enabled }}
- name: {{ .portName }}
  containerPort: {{ int .port }}
  protocol: TCP
{{- end }}
{{- end }}
{{- with .Values.controller.admissionWebhooks }}
{{- if .enabled }}
- name: webhook
  containerPort: {{ int .port }}
  protocol: TCP
{{- end }}
{{- end }}
{{- range $protocol, $ports := dict "tcp" .Values.tcp "udp" .Values.udp }}
{{- range $port, $_ := $ports }}
- name: {{ $prefix }}{{ $port }}-{{ $protocol }}
  containerPort: {{ $port }}
  protocol: {{ upper $protocol }}
  {{- if $hostPort.enabled }}
  hostPort: {{ $port }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "ingress-nginx.controller.securityContext" -}}
{{- $image := .Values.controller.image -}}
{{- if .Values.controller.containerSecurityContext -}}
{{- toYaml .Values.controller.containerSecurityContext -}}
{{- else -}}
{{- include "ingress-nginx.imageSecurity" $image }}
allowPrivilegeEscalation: {{ or $image.allowPrivilegeEscalation $image.chroot }}
capabilities:
  drop:
    - ALL
  add:
    - NET_BIND_SERVICE
    {{- if $image.chroot }}
    {{- if $image.seccompProfile }}
    - SYS_ADMIN
    {{- end }}
    - SYS_CHROOT
    {{- end }}
{{- end -}}
{{- end -}}

{{- define "ingress-nginx.controller.mounts" -}}
{{- $controller := .Values.controller -}}
{{- if $controller.admissionWebhooks.enabled }}
- name: webhook-cert
  mountPath: /usr/local/certificates/
  readOnly: true
{{- end }}
{{- if $controller.customTemplate.configMapName }}
- name: nginx-template-volume
  mountPath: /etc/nginx/template
  readOnly: true
{{- end }}
{{- if $controller.extraModules }}
- name: modules
  mountPath: {{ ternary "/chroot/modules_mount" "/modules_mount" $controller.image.chroot }}
{{- end }}
{{- with $controller.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ingress-nginx.controller.volumes" -}}
{{- $controller := .Values.controller -}}
{{- if $controller.admissionWebhooks.enabled }}
- name: webhook-cert
  secret:
    secretName: {{ include "ingress-nginx.admission.fullname" . }}
    {{- if $controller.admissionWebhooks.certManager.enabled }}
    items:
      - key: tls.crt
        path: cert
      - key: tls.key
        path: key
    {{- end }}
{{- end }}
{{- with $controller.customTemplate }}
{{- if .configMapName }}
- name: nginx-template-volume
  configMap:
    name: {{ .configMapName }}
    items:
      - key: {{ .configMapKey }}
        path: nginx.tmpl
{{- end }}
{{- end }}
{{- if $controller.extraModules }}
- name: modules
  emptyDir: {}
{{- end }}
{{- with $controller.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ingress-nginx.controller.initContainers" -}}
{{- $root := . -}}
{{- with .Values.controller.extraInitContainers }}
{{ tpl (toYaml .) $root }}
{{- end }}
{{- range .Values.controller.extraModules }}
- name: {{ .name }}
  image: {{ include "ingress-nginx.image" (dict "root" $root "image" .image) }}
  imagePullPolicy: {{ .image.pullPolicy | default $root.Values.controller.image.pullPolicy }}
  command: {{ ternary (list "/init_module") (list "sh" "-c" "/usr/local/bin/init_module.sh") (default false .image.distroless) | toJson }}
  {{- with .containerSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: modules
      mountPath: {{ ternary "/chroot/modules_mount" "/modules_mount" $root.Values.controller.image.chroot }}
{{- end }}
{{- end -}}

{{- define "ingress-nginx.controller.container" -}}
{{- $controller := .Values.controller -}}
name: {{ $controller.containerName }}
image: {{ include "ingress-nginx.image" (dict "root" . "image" $controller.image "chroot" $controller.image.chroot) }}
imagePullPolicy: {{ $controller.image.pullPolicy }}
args:
  {{- include "ingress-nginx.controller.args" . | nindent 2 }}
env:
  - name: POD_NAME
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  - name: POD_NAMESPACE
    valueFrom:
      fieldRef:
        fieldPath: metadata.namespace
  {{- if $controller.enableMimalloc }}
  - name: LD_PRELOAD
    value: /usr/local/lib/libmimalloc.so
  {{- end }}
  {{- with $controller.extraEnvs }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with include "ingress-nginx.controller.ports" . | trim }}
ports:
  {{- . | nindent 2 }}
{{- end }}
{{- range $probe := list "startupProbe" "livenessProbe" "readinessProbe" }}
{{- with get $controller $probe }}
{{ $probe }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with $controller.lifecycle }}
lifecycle:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $controller.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if and $controller.resizePolicy (semverCompare ">=1.33.0-0" .Capabilities.KubeVersion.Version) }}
resizePolicy:
  {{- toYaml $controller.resizePolicy | nindent 2 }}
{{- end }}
securityContext:
  {{- include "ingress-nginx.controller.securityContext" . | nindent 2 }}
{{- with include "ingress-nginx.controller.mounts" . | trim }}
volumeMounts:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "ingress-nginx.controller.podSpec" -}}
{{- $root := . -}}
{{- $controller := .Values.controller -}}
dnsPolicy: {{ $controller.dnsPolicy }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $controller.hostAliases }}
hostAliases:
  {{- tpl (toYaml .) $root | nindent 2 }}
{{- end }}
{{- with include "ingress-nginx.fields" (dict "from" $controller "keys" (list "dnsConfig" "hostname" "runtimeClassName" "priorityClassName" "shareProcessNamespace" "hostNetwork" "nodeSelector" "tolerations")) }}
{{ . }}
{{- end }}
{{- if or $controller.podSecurityContext $controller.sysctls }}
securityContext:
  {{- with $controller.podSecurityContext }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with $controller.sysctls }}
  sysctls:
    {{- range $name, $value := . }}
    - name: {{ $name }}
      value: {{ include "ingress-nginx.text" $value | quote }}
    {{- end }}
  {{- end }}
{{- end }}
serviceAccountName: {{ include "ingress-nginx.serviceAccountName" . }}
automountServiceAccountToken: {{ .Values.serviceAccount.automountServiceAccountToken }}
terminationGracePeriodSeconds: {{ int64 $controller.terminationGracePeriodSeconds }}
{{- with $controller.affinity }}
affinity:
  {{- tpl (toYaml .) $root | nindent 2 }}
{{- end }}
{{- with $controller.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- tpl (toYaml .) $root | nindent 2 }}
{{- end }}
{{- with include "ingress-nginx.controller.initContainers" . | trim }}
initContainers:
  {{- . | nindent 2 }}
{{- end }}
containers:
  - {{- include "ingress-nginx.controller.container" . | nindent 4 }}
  {{- with $controller.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with include "ingress-nginx.controller.volumes" . | trim }}
volumes:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The pod template. */}}
{{- define "ingress-nginx.controller.template" -}}
metadata:
  labels:
    {{- include "ingress-nginx.labels" (dict "root" . "component" "controller" "more" (list .Values.controller.labels .Values.controller.podLabels)) | nindent 4 }}
  {{- with .Values.controller.podAnnotations }}
  annotations:
    {{- include "ingress-nginx.texts" . | nindent 4 }}
  {{- end }}
spec:
  {{- include "ingress-nginx.controller.podSpec" . | nindent 2 }}
{{- end -}}

{{/* metadata of one of the controller's namespaced objects: dict "root" $ "name" TEXT "namespace" TEXT
     "labels" (list MAP …) "annotations" MAP */}}
{{- define "ingress-nginx.controller.metadata" -}}
name: {{ .name }}
namespace: {{ .namespace | default (include "ingress-nginx.namespace" .root) }}
labels:
  {{- include "ingress-nginx.labels" (dict "root" .root "component" "controller" "more" (prepend (.labels | default list) .root.Values.controller.labels)) | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- include "ingress-nginx.texts" . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* How many replicas there are at least. */}}
{{- define "ingress-nginx.controller.leastReplicas" -}}
{{- with .Values.controller -}}
{{- if and .autoscaling.enabled (not .keda.enabled) -}}
{{- int .autoscaling.minReplicas -}}
{{- else if and .keda.enabled (not .autoscaling.enabled) -}}
{{- int .keda.minReplicas -}}
{{- else -}}
{{- int .replicaCount -}}
{{- end -}}
{{- end -}}
{{- end -}}
