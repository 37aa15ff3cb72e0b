{{/* dict "root" $ "from" SERVICE: spec of the external or the internal Service. */}}
{{- define "ingress-nginx.controller.service" -}}
{{- $root := .root -}}
{{- $from := .from -}}
{{- $external := .root.Values.controller.service -}}
type: {{ $from.type | default $external.type }}
{{- with include "ingress-nginx.fields" (dict "from" $from "keys" (list "clusterIP" "clusterIPs" "externalIPs" "loadBalancerIP" "loadBalancerSourceRanges" "loadBalancerClass" "externalTrafficPolicy" "sessionAffinity" "healthCheckNodePort" "ipFamilyPolicy" "ipFamilies")) }}
{{ . }}
{{- end }}
{{- if and (hasKey $from "allocateLoadBalancerNodePorts") (not (kindIs "invalid" $from.allocateLoadBalancerNodePorts)) }}
allocateLoadBalancerNodePorts: {{ $from.allocateLoadBalancerNodePorts }}
{{- end }}
{{- if and $from.trafficDistribution (semverCompare ">=1.31.0-0" $root.Capabilities.KubeVersion.Version) }}
trafficDistribution: {{ $from.trafficDistribution }}
{{- end }}
{{- $ports := include "ingress-nginx.controller.servicePorts" . | trim }}
{{- with $ports }}
ports:
  {{- . | nindent 2 }}
{{- end }}
selector:
  {{- include "ingress-nginx.selector" (dict "root" $root "component" "controller") | nindent 2 }}
{{- end -}}

{{- define "ingress-nginx.controller.servicePorts" -}}
{{- $from := .from -}}
{{- $external := .root.Values.controller.service -}}
{{- /* The type of the external Service decides for both: existing values rely on it. */ -}}
{{- $nodePorts := ternary ($from.nodePorts | default dict) dict (has $external.type (list "NodePort" "LoadBalancer")) -}}
{{- range $name, $enabled := dict "http" $external.enableHttp "https" $external.enableHttps }}
{{- if $enabled }}
- name: {{ $name }}
  port: {{ get ($from.ports | default dict) $name | default (get $external.ports $name) | int }}
  protocol: TCP
  targetPort: {{ get ($from.targetPorts | default dict) $name | default (get $external.targetPorts $name) | include "ingress-nginx.text" }}
  {{- if $from.appProtocol }}
  appProtocol: {{ $name }}
  {{- end }}
  {{- with get $nodePorts $name }}
  nodePort: {{ int . }}
  {{- end }}
{{- end }}
{{- end }}
{{- $prefix := include "ingress-nginx.controller.portPrefix" .root }}
{{- range $protocol, $ports := dict "tcp" .root.Values.tcp "udp" .root.Values.udp }}
{{- range $port, $_ := $ports }}
- name: {{ $prefix }}{{ $port }}-{{ $protocol }}
  port: {{ $port }}
  protocol: {{ upper $protocol }}
  targetPort: {{ $prefix }}{{ $port }}-{{ $protocol }}
  {{- with get (get $nodePorts $protocol | default dict) $port }}
  nodePort: {{ int . }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}
