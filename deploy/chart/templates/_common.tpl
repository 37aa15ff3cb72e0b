{{/* Parts that several objects share. */}}

{{/* A value as text; whole numbers never as 1e+06. */}}
{{- define "ingress-nginx.text" -}}
{{- if kindIs "invalid" . -}}
{{- else if and (kindIs "float64" .) (eq (int64 . | float64) .) -}}
{{- int64 . -}}
{{- else -}}
{{- toString . -}}
{{- end -}}
{{- end -}}

{{/* A map with all values as text. */}}
{{- define "ingress-nginx.texts" -}}
{{- $texts := dict -}}
{{- range $key, $value := . -}}
{{- $_ := set $texts $key (include "ingress-nginx.text" $value) -}}
{{- end -}}
{{- toYaml $texts -}}
{{- end -}}

{{/* dict "root" $ "map" M: the same, with each value expanded. */}}
{{- define "ingress-nginx.expandedTexts" -}}
{{- $texts := dict -}}
{{- range $key, $value := .map -}}
{{- $_ := set $texts $key (tpl (include "ingress-nginx.text" $value) $.root) -}}
{{- end -}}
{{- toYaml $texts -}}
{{- end -}}

{{/* dict "root" $ "component" TEXT: what selects pods; never changes between versions. Without component: for all. */}}
{{- define "ingress-nginx.selector" -}}
app.kubernetes.io/name: {{ include "ingress-nginx.name" .root | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* dict "root" $ "component" TEXT "more" (list MAP …): labels of an object. Later maps win, selectors always do. */}}
{{- define "ingress-nginx.labels" -}}
{{- $chart := printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- $labels := dict "helm.sh/chart" $chart "app.kubernetes.io/part-of" (include "ingress-nginx.name" .root) -}}
{{- with .root.Chart.AppVersion -}}
{{- $_ := set $labels "app.kubernetes.io/version" . -}}
{{- end -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- range prepend (.more | default list) .root.Values.commonLabels -}}
{{- $labels = mergeOverwrite $labels (include "ingress-nginx.texts" . | fromYaml) -}}
{{- end -}}
{{- mergeOverwrite $labels (include "ingress-nginx.selector" . | fromYaml) | toYaml -}}
{{- end -}}

{{/* dict "root" $ "image" MAP "fallback" REGISTRY "chroot" BOOL */}}
{{- define "ingress-nginx.image" -}}
{{- $name := .image.repository -}}
{{- if not $name -}}
{{- $registry := coalesce .image.registry ((.root.Values.global).image).registry .fallback | default "" -}}
{{- $name = ternary (printf "%s/%s" $registry .image.image) .image.image (ne $registry "") -}}
{{- end -}}
{{- $digest := ternary .image.digestChroot .image.digest (default false .chroot) -}}
{{- $name }}{{ if .chroot }}-chroot{{ end }}
{{- with .image.tag }}:{{ include "ingress-nginx.text" . }}{{ end }}
{{- with $digest }}@{{ . }}{{ end }}
{{- end -}}

{{/* A map of flags as arguments, in the order of their names. */}}
{{- define "ingress-nginx.flags" -}}
{{- range $name, $value := . }}
{{- $text := include "ingress-nginx.text" $value }}
- {{ ternary (printf "--%s" $name) (printf "--%s=%s" $name $text) (eq $text "") | toJson }}
{{- end }}
{{- end -}}

{{/* The fields of securityContext that image blocks have. */}}
{{- define "ingress-nginx.imageSecurity" -}}
runAsNonRoot: {{ .runAsNonRoot }}
{{- if not (kindIs "invalid" .runAsUser) }}
runAsUser: {{ int64 .runAsUser }}
{{- end }}
{{- if not (kindIs "invalid" .runAsGroup) }}
runAsGroup: {{ int64 .runAsGroup }}
{{- end }}
{{- with .seccompProfile }}
seccompProfile:
  {{- toYaml . | nindent 2 }}
{{- end }}
readOnlyRootFilesystem: {{ .readOnlyRootFilesystem }}
{{- end -}}

{{/* dict "keys" (list NAME …) "from" MAP: those fields of the map that have something in them. */}}
{{- define "ingress-nginx.fields" -}}
{{- $from := .from -}}
{{- $fields := dict -}}
{{- range .keys -}}
{{- $key := . -}}
{{- with get $from $key -}}
{{- $_ := set $fields $key . -}}
{{- end -}}
{{- end -}}
{{- if $fields }}{{ toYaml $fields }}{{ end -}}
{{- end -}}

{{/* dict "target" NAME "from" VALUES "more" METRICS "behavior" MAP: an autoscaler's spec. */}}
{{- define "ingress-nginx.autoscaler" -}}
scaleTargetRef:
  apiVersion: apps/v1
  kind: Deployment
  name: {{ .target }}
minReplicas: {{ int .from.minReplicas }}
maxReplicas: {{ int .from.maxReplicas }}
metrics:
  {{- with .from.targetMemoryUtilizationPercentage }}
  - type: Resource
    resource:
      name: memory
      target:
        type: Utilization
        averageUtilization: {{ int . }}
  {{- end }}
  {{- with .from.targetCPUUtilizationPercentage }}
  - type: Resource
    resource:
      name: cpu
      target:
        type: Utilization
        averageUtilization: {{ int . }}
  {{- end }}
  {{- with .more }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .behavior }}
behavior:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "ingress-nginx.autoscaler.apiVersion" -}}
autoscaling/{{ ternary "v2" "v2beta2" (.Capabilities.APIVersions.Has "autoscaling/v2") }}
{{- end -}}

{{/* dict "root" $ "component" TEXT "from" VALUES: a PodDisruptionBudget's spec. */}}
{{- define "ingress-nginx.disruption" -}}
selector:
  matchLabels:
    {{- include "ingress-nginx.selector" . | nindent 4 }}
{{- if and (hasKey .from "maxUnavailable") (not (kindIs "invalid" .from.maxUnavailable)) }}
maxUnavailable: {{ include "ingress-nginx.text" .from.maxUnavailable }}
{{- else }}
minAvailable: {{ include "ingress-nginx.text" .from.minAvailable }}
{{- end }}
{{- with .from.unhealthyPodEvictionPolicy }}
unhealthyPodEvictionPolicy: {{ . }}
{{- end }}
{{- end -}}
