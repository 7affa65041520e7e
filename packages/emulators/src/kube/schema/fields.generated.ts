/** Fields of built-in kinds: a type a line. Made by scripts/kube-fields.mjs; `[` is a list, `{` a map by text, `s`, `n`, `b` text, number and claim, `*` anything. */
export const fieldTable = `
V1Namespace apiVersion:s kind:s metadata:V1ObjectMeta spec:V1NamespaceSpec status:V1NamespaceStatus
V1ObjectMeta annotations:{s creationTimestamp:s deletionGracePeriodSeconds:n deletionTimestamp:s finalizers:[s generateName:s generation:n labels:{s managedFields:[V1ManagedFieldsEntry name:s namespace:s ownerReferences:[V1OwnerReference resourceVersion:s selfLink:s uid:s
V1ManagedFieldsEntry apiVersion:s fieldsType:s fieldsV1:* manager:s operation:s subresource:s time:s
V1OwnerReference apiVersion:s blockOwnerDeletion:b controller:b kind:s name:s uid:s
V1NamespaceSpec finalizers:[s
V1NamespaceStatus conditions:[V1NamespaceCondition phase:s
V1NamespaceCondition lastTransitionTime:s message:s reason:s status:s type:s
V1Node apiVersion:s kind:s metadata:V1ObjectMeta spec:V1NodeSpec status:V1NodeStatus
V1NodeSpec configSource:V1NodeConfigSource externalID:s podCIDR:s podCIDRs:[s providerID:s taints:[V1Taint unschedulable:b
V1NodeConfigSource configMap:V1ConfigMapNodeConfigSource
V1ConfigMapNodeConfigSource kubeletConfigKey:s name:s namespace:s resourceVersion:s uid:s
V1Taint effect:s key:s timeAdded:s value:s
V1NodeStatus addresses:[V1NodeAddress allocatable:* capacity:* conditions:[V1NodeCondition config:V1NodeConfigStatus daemonEndpoints:V1NodeDaemonEndpoints features:V1NodeFeatures images:[V1ContainerImage nodeInfo:V1NodeSystemInfo phase:s runtimeHandlers:[V1NodeRuntimeHandler volumesAttached:[V1AttachedVolume volumesInUse:[s
V1NodeAddress address:s type:s
V1NodeCondition lastHeartbeatTime:s lastTransitionTime:s message:s reason:s status:s type:s
V1NodeConfigStatus active:V1NodeConfigSource assigned:V1NodeConfigSource error:s lastKnownGood:V1NodeConfigSource
V1NodeDaemonEndpoints kubeletEndpoint:V1DaemonEndpoint
V1DaemonEndpoint Port:n
V1NodeFeatures supplementalGroupsPolicy:b
V1ContainerImage names:[s sizeBytes:n
V1NodeSystemInfo architecture:s bootID:s containerRuntimeVersion:s kernelVersion:s kubeProxyVersion:s kubeletVersion:s machineID:s operatingSystem:s osImage:s swap:V1NodeSwapStatus systemUUID:s
V1NodeSwapStatus capacity:*
V1NodeRuntimeHandler features:V1NodeRuntimeHandlerFeatures name:s
V1NodeRuntimeHandlerFeatures recursiveReadOnlyMounts:b userNamespaces:b
V1AttachedVolume devicePath:s name:s
V1Pod apiVersion:s kind:s metadata:V1ObjectMeta spec:V1PodSpec status:V1PodStatus
V1PodSpec activeDeadlineSeconds:n affinity:V1Affinity automountServiceAccountToken:b containers:[V1Container dnsConfig:V1PodDNSConfig dnsPolicy:s enableServiceLinks:b ephemeralContainers:[V1EphemeralContainer hostAliases:[V1HostAlias hostIPC:b hostNetwork:b hostPID:b hostUsers:b hostname:s hostnameOverride:s imagePullSecrets:[V1LocalObjectReference initContainers:[V1Container nodeName:s nodeSelector:{s os:V1PodOS overhead:* preemptionPolicy:s priority:n priorityClassName:s readinessGates:[V1PodReadinessGate resourceClaims:[V1PodResourceClaim resources:V1ResourceRequirements restartPolicy:s runtimeClassName:s schedulerName:s schedulingGates:[V1PodSchedulingGate securityContext:V1PodSecurityContext serviceAccount:s serviceAccountName:s setHostnameAsFQDN:b shareProcessNamespace:b subdomain:s terminationGracePeriodSeconds:n tolerations:[V1Toleration topologySpreadConstraints:[V1TopologySpreadConstraint volumes:[V1Volume
V1Affinity nodeAffinity:V1NodeAffinity podAffinity:V1PodAffinity podAntiAffinity:V1PodAntiAffinity
V1NodeAffinity preferredDuringSchedulingIgnoredDuringExecution:[V1PreferredSchedulingTerm requiredDuringSchedulingIgnoredDuringExecution:V1NodeSelector
V1PreferredSchedulingTerm preference:V1NodeSelectorTerm weight:n
V1NodeSelectorTerm matchExpressions:[V1NodeSelectorRequirement matchFields:[V1NodeSelectorRequirement
V1NodeSelectorRequirement key:s operator:s values:[s
V1NodeSelector nodeSelectorTerms:[V1NodeSelectorTerm
V1PodAffinity preferredDuringSchedulingIgnoredDuringExecution:[V1WeightedPodAffinityTerm requiredDuringSchedulingIgnoredDuringExecution:[V1PodAffinityTerm
V1WeightedPodAffinityTerm podAffinityTerm:V1PodAffinityTerm weight:n
V1PodAffinityTerm labelSelector:V1LabelSelector matchLabelKeys:[s mismatchLabelKeys:[s namespaceSelector:V1LabelSelector namespaces:[s topologyKey:s
V1LabelSelector matchExpressions:[V1LabelSelectorRequirement matchLabels:{s
V1LabelSelectorRequirement key:s operator:s values:[s
V1PodAntiAffinity preferredDuringSchedulingIgnoredDuringExecution:[V1WeightedPodAffinityTerm requiredDuringSchedulingIgnoredDuringExecution:[V1PodAffinityTerm
V1Container args:[s command:[s env:[V1EnvVar envFrom:[V1EnvFromSource image:s imagePullPolicy:s lifecycle:V1Lifecycle livenessProbe:V1Probe name:s ports:[V1ContainerPort readinessProbe:V1Probe resizePolicy:[V1ContainerResizePolicy resources:V1ResourceRequirements restartPolicy:s restartPolicyRules:[V1ContainerRestartRule securityContext:V1SecurityContext startupProbe:V1Probe stdin:b stdinOnce:b terminationMessagePath:s terminationMessagePolicy:s tty:b volumeDevices:[V1VolumeDevice volumeMounts:[V1VolumeMount workingDir:s
V1EnvVar name:s value:s valueFrom:V1EnvVarSource
V1EnvVarSource configMapKeyRef:V1ConfigMapKeySelector fieldRef:V1ObjectFieldSelector fileKeyRef:V1FileKeySelector resourceFieldRef:V1ResourceFieldSelector secretKeyRef:V1SecretKeySelector
V1ConfigMapKeySelector key:s name:s optional:b
V1ObjectFieldSelector apiVersion:s fieldPath:s
V1FileKeySelector key:s optional:b path:s volumeName:s
V1ResourceFieldSelector containerName:s divisor:* resource:s
V1SecretKeySelector key:s name:s optional:b
V1EnvFromSource configMapRef:V1ConfigMapEnvSource prefix:s secretRef:V1SecretEnvSource
V1ConfigMapEnvSource name:s optional:b
V1SecretEnvSource name:s optional:b
V1Lifecycle postStart:V1LifecycleHandler preStop:V1LifecycleHandler stopSignal:s
V1LifecycleHandler exec:V1ExecAction httpGet:V1HTTPGetAction sleep:V1SleepAction tcpSocket:V1TCPSocketAction
V1ExecAction command:[s
V1HTTPGetAction host:s httpHeaders:[V1HTTPHeader path:s port:* scheme:s
V1HTTPHeader name:s value:s
V1SleepAction seconds:n
V1TCPSocketAction host:s port:*
V1Probe exec:V1ExecAction failureThreshold:n grpc:V1GRPCAction httpGet:V1HTTPGetAction initialDelaySeconds:n periodSeconds:n successThreshold:n tcpSocket:V1TCPSocketAction terminationGracePeriodSeconds:n timeoutSeconds:n
V1GRPCAction port:n service:s
V1ContainerPort containerPort:n hostIP:s hostPort:n name:s protocol:s
V1ContainerResizePolicy resourceName:s restartPolicy:s
V1ResourceRequirements claims:[CoreV1ResourceClaim limits:* requests:*
CoreV1ResourceClaim name:s request:s
V1ContainerRestartRule action:s exitCodes:V1ContainerRestartRuleOnExitCodes
V1ContainerRestartRuleOnExitCodes operator:s values:[n
V1SecurityContext allowPrivilegeEscalation:b appArmorProfile:V1AppArmorProfile capabilities:V1Capabilities privileged:b procMount:s readOnlyRootFilesystem:b runAsGroup:n runAsNonRoot:b runAsUser:n seLinuxOptions:V1SELinuxOptions seccompProfile:V1SeccompProfile windowsOptions:V1WindowsSecurityContextOptions
V1AppArmorProfile localhostProfile:s type:s
V1Capabilities add:[s drop:[s
V1SELinuxOptions level:s role:s type:s user:s
V1SeccompProfile localhostProfile:s type:s
V1WindowsSecurityContextOptions gmsaCredentialSpec:s gmsaCredentialSpecName:s hostProcess:b runAsUserName:s
V1VolumeDevice devicePath:s name:s
V1VolumeMount mountPath:s mountPropagation:s name:s readOnly:b recursiveReadOnly:s subPath:s subPathExpr:s
V1PodDNSConfig nameservers:[s options:[V1PodDNSConfigOption searches:[s
V1PodDNSConfigOption name:s value:s
V1EphemeralContainer args:[s command:[s env:[V1EnvVar envFrom:[V1EnvFromSource image:s imagePullPolicy:s lifecycle:V1Lifecycle livenessProbe:V1Probe name:s ports:[V1ContainerPort readinessProbe:V1Probe resizePolicy:[V1ContainerResizePolicy resources:V1ResourceRequirements restartPolicy:s restartPolicyRules:[V1ContainerRestartRule securityContext:V1SecurityContext startupProbe:V1Probe stdin:b stdinOnce:b targetContainerName:s terminationMessagePath:s terminationMessagePolicy:s tty:b volumeDevices:[V1VolumeDevice volumeMounts:[V1VolumeMount workingDir:s
V1HostAlias hostnames:[s ip:s
V1LocalObjectReference name:s
V1PodOS name:s
V1PodReadinessGate conditionType:s
V1PodResourceClaim name:s resourceClaimName:s resourceClaimTemplateName:s
V1PodSchedulingGate name:s
V1PodSecurityContext appArmorProfile:V1AppArmorProfile fsGroup:n fsGroupChangePolicy:s runAsGroup:n runAsNonRoot:b runAsUser:n seLinuxChangePolicy:s seLinuxOptions:V1SELinuxOptions seccompProfile:V1SeccompProfile supplementalGroups:[n supplementalGroupsPolicy:s sysctls:[V1Sysctl windowsOptions:V1WindowsSecurityContextOptions
V1Sysctl name:s value:s
V1Toleration effect:s key:s operator:s tolerationSeconds:n value:s
V1TopologySpreadConstraint labelSelector:V1LabelSelector matchLabelKeys:[s maxSkew:n minDomains:n nodeAffinityPolicy:s nodeTaintsPolicy:s topologyKey:s whenUnsatisfiable:s
V1Volume awsElasticBlockStore:V1AWSElasticBlockStoreVolumeSource azureDisk:V1AzureDiskVolumeSource azureFile:V1AzureFileVolumeSource cephfs:V1CephFSVolumeSource cinder:V1CinderVolumeSource configMap:V1ConfigMapVolumeSource csi:V1CSIVolumeSource downwardAPI:V1DownwardAPIVolumeSource emptyDir:V1EmptyDirVolumeSource ephemeral:V1EphemeralVolumeSource fc:V1FCVolumeSource flexVolume:V1FlexVolumeSource flocker:V1FlockerVolumeSource gcePersistentDisk:V1GCEPersistentDiskVolumeSource gitRepo:V1GitRepoVolumeSource glusterfs:V1GlusterfsVolumeSource hostPath:V1HostPathVolumeSource image:V1ImageVolumeSource iscsi:V1ISCSIVolumeSource name:s nfs:V1NFSVolumeSource persistentVolumeClaim:V1PersistentVolumeClaimVolumeSource photonPersistentDisk:V1PhotonPersistentDiskVolumeSource portworxVolume:V1PortworxVolumeSource projected:V1ProjectedVolumeSource quobyte:V1QuobyteVolumeSource rbd:V1RBDVolumeSource scaleIO:V1ScaleIOVolumeSource secret:V1SecretVolumeSource storageos:V1StorageOSVolumeSource vsphereVolume:V1VsphereVirtualDiskVolumeSource
V1AWSElasticBlockStoreVolumeSource fsType:s partition:n readOnly:b volumeID:s
V1AzureDiskVolumeSource cachingMode:s diskName:s diskURI:s fsType:s kind:s readOnly:b
V1AzureFileVolumeSource readOnly:b secretName:s shareName:s
V1CephFSVolumeSource monitors:[s path:s readOnly:b secretFile:s secretRef:V1LocalObjectReference user:s
V1CinderVolumeSource fsType:s readOnly:b secretRef:V1LocalObjectReference volumeID:s
V1ConfigMapVolumeSource defaultMode:n items:[V1KeyToPath name:s optional:b
V1KeyToPath key:s mode:n path:s
V1CSIVolumeSource driver:s fsType:s nodePublishSecretRef:V1LocalObjectReference readOnly:b volumeAttributes:{s
V1DownwardAPIVolumeSource defaultMode:n items:[V1DownwardAPIVolumeFile
V1DownwardAPIVolumeFile fieldRef:V1ObjectFieldSelector mode:n path:s resourceFieldRef:V1ResourceFieldSelector
V1EmptyDirVolumeSource medium:s sizeLimit:*
V1EphemeralVolumeSource volumeClaimTemplate:V1PersistentVolumeClaimTemplate
V1PersistentVolumeClaimTemplate metadata:V1ObjectMeta spec:V1PersistentVolumeClaimSpec
V1PersistentVolumeClaimSpec accessModes:[s dataSource:V1TypedLocalObjectReference dataSourceRef:V1TypedObjectReference resources:V1VolumeResourceRequirements selector:V1LabelSelector storageClassName:s volumeAttributesClassName:s volumeMode:s volumeName:s
V1TypedLocalObjectReference apiGroup:s kind:s name:s
V1TypedObjectReference apiGroup:s kind:s name:s namespace:s
V1VolumeResourceRequirements limits:* requests:*
V1FCVolumeSource fsType:s lun:n readOnly:b targetWWNs:[s wwids:[s
V1FlexVolumeSource driver:s fsType:s options:{s readOnly:b secretRef:V1LocalObjectReference
V1FlockerVolumeSource datasetName:s datasetUUID:s
V1GCEPersistentDiskVolumeSource fsType:s partition:n pdName:s readOnly:b
V1GitRepoVolumeSource directory:s repository:s revision:s
V1GlusterfsVolumeSource endpoints:s path:s readOnly:b
V1HostPathVolumeSource path:s type:s
V1ImageVolumeSource pullPolicy:s reference:s
V1ISCSIVolumeSource chapAuthDiscovery:b chapAuthSession:b fsType:s initiatorName:s iqn:s iscsiInterface:s lun:n portals:[s readOnly:b secretRef:V1LocalObjectReference targetPortal:s
V1NFSVolumeSource path:s readOnly:b server:s
V1PersistentVolumeClaimVolumeSource claimName:s readOnly:b
V1PhotonPersistentDiskVolumeSource fsType:s pdID:s
V1PortworxVolumeSource fsType:s readOnly:b volumeID:s
V1ProjectedVolumeSource defaultMode:n sources:[V1VolumeProjection
V1VolumeProjection clusterTrustBundle:V1ClusterTrustBundleProjection configMap:V1ConfigMapProjection downwardAPI:V1DownwardAPIProjection podCertificate:V1PodCertificateProjection secret:V1SecretProjection serviceAccountToken:V1ServiceAccountTokenProjection
V1ClusterTrustBundleProjection labelSelector:V1LabelSelector name:s optional:b path:s signerName:s
V1ConfigMapProjection items:[V1KeyToPath name:s optional:b
V1DownwardAPIProjection items:[V1DownwardAPIVolumeFile
V1PodCertificateProjection certificateChainPath:s credentialBundlePath:s keyPath:s keyType:s maxExpirationSeconds:n signerName:s
V1SecretProjection items:[V1KeyToPath name:s optional:b
V1ServiceAccountTokenProjection audience:s expirationSeconds:n path:s
V1QuobyteVolumeSource group:s readOnly:b registry:s tenant:s user:s volume:s
V1RBDVolumeSource fsType:s image:s keyring:s monitors:[s pool:s readOnly:b secretRef:V1LocalObjectReference user:s
V1ScaleIOVolumeSource fsType:s gateway:s protectionDomain:s readOnly:b secretRef:V1LocalObjectReference sslEnabled:b storageMode:s storagePool:s system:s volumeName:s
V1SecretVolumeSource defaultMode:n items:[V1KeyToPath optional:b secretName:s
V1StorageOSVolumeSource fsType:s readOnly:b secretRef:V1LocalObjectReference volumeName:s volumeNamespace:s
V1VsphereVirtualDiskVolumeSource fsType:s storagePolicyID:s storagePolicyName:s volumePath:s
V1PodStatus conditions:[V1PodCondition containerStatuses:[V1ContainerStatus ephemeralContainerStatuses:[V1ContainerStatus extendedResourceClaimStatus:V1PodExtendedResourceClaimStatus hostIP:s hostIPs:[V1HostIP initContainerStatuses:[V1ContainerStatus message:s nominatedNodeName:s observedGeneration:n phase:s podIP:s podIPs:[V1PodIP qosClass:s reason:s resize:s resourceClaimStatuses:[V1PodResourceClaimStatus startTime:s
V1PodCondition lastProbeTime:s lastTransitionTime:s message:s observedGeneration:n reason:s status:s type:s
V1ContainerStatus allocatedResources:{s allocatedResourcesStatus:[V1ResourceStatus containerID:s image:s imageID:s lastState:V1ContainerState name:s ready:b resources:V1ResourceRequirements restartCount:n started:b state:V1ContainerState stopSignal:s user:V1ContainerUser volumeMounts:[V1VolumeMountStatus
V1ResourceStatus name:s resources:[V1ResourceHealth
V1ResourceHealth health:s resourceID:s
V1ContainerState running:V1ContainerStateRunning terminated:V1ContainerStateTerminated waiting:V1ContainerStateWaiting
V1ContainerStateRunning startedAt:s
V1ContainerStateTerminated containerID:s exitCode:n finishedAt:s message:s reason:s signal:n startedAt:s
V1ContainerStateWaiting message:s reason:s
V1ContainerUser linux:V1LinuxContainerUser
V1LinuxContainerUser gid:n supplementalGroups:[n uid:n
V1VolumeMountStatus mountPath:s name:s readOnly:b recursiveReadOnly:s
V1PodExtendedResourceClaimStatus requestMappings:[V1ContainerExtendedResourceRequest resourceClaimName:s
V1ContainerExtendedResourceRequest containerName:s requestName:s resourceName:s
V1HostIP ip:s
V1PodIP ip:s
V1PodResourceClaimStatus name:s resourceClaimName:s
V1Service apiVersion:s kind:s metadata:V1ObjectMeta spec:V1ServiceSpec status:V1ServiceStatus
V1ServiceSpec allocateLoadBalancerNodePorts:b clusterIP:s clusterIPs:[s externalIPs:[s externalName:s externalTrafficPolicy:s healthCheckNodePort:n internalTrafficPolicy:s ipFamilies:[s ipFamilyPolicy:s loadBalancerClass:s loadBalancerIP:s loadBalancerSourceRanges:[s ports:[V1ServicePort publishNotReadyAddresses:b selector:{s sessionAffinity:s sessionAffinityConfig:V1SessionAffinityConfig trafficDistribution:s type:s
V1ServicePort appProtocol:s name:s nodePort:n port:n protocol:s targetPort:*
V1SessionAffinityConfig clientIP:V1ClientIPConfig
V1ClientIPConfig timeoutSeconds:n
V1ServiceStatus conditions:[V1Condition loadBalancer:V1LoadBalancerStatus
V1Condition lastTransitionTime:s message:s observedGeneration:n reason:s status:s type:s
V1LoadBalancerStatus ingress:[V1LoadBalancerIngress
V1LoadBalancerIngress hostname:s ip:s ipMode:s ports:[V1PortStatus
V1PortStatus error:s port:n protocol:s
V1Endpoints apiVersion:s kind:s metadata:V1ObjectMeta subsets:[V1EndpointSubset
V1EndpointSubset addresses:[V1EndpointAddress notReadyAddresses:[V1EndpointAddress ports:[CoreV1EndpointPort
V1EndpointAddress hostname:s ip:s nodeName:s targetRef:V1ObjectReference
V1ObjectReference apiVersion:s fieldPath:s kind:s name:s namespace:s resourceVersion:s uid:s
CoreV1EndpointPort appProtocol:s name:s port:n protocol:s
V1ConfigMap apiVersion:s binaryData:{s data:{s immutable:b kind:s metadata:V1ObjectMeta
V1Secret apiVersion:s data:{s immutable:b kind:s metadata:V1ObjectMeta stringData:{s type:s
V1ServiceAccount apiVersion:s automountServiceAccountToken:b imagePullSecrets:[V1LocalObjectReference kind:s metadata:V1ObjectMeta secrets:[V1ObjectReference
V1PersistentVolume apiVersion:s kind:s metadata:V1ObjectMeta spec:V1PersistentVolumeSpec status:V1PersistentVolumeStatus
V1PersistentVolumeSpec accessModes:[s awsElasticBlockStore:V1AWSElasticBlockStoreVolumeSource azureDisk:V1AzureDiskVolumeSource azureFile:V1AzureFilePersistentVolumeSource capacity:* cephfs:V1CephFSPersistentVolumeSource cinder:V1CinderPersistentVolumeSource claimRef:V1ObjectReference csi:V1CSIPersistentVolumeSource fc:V1FCVolumeSource flexVolume:V1FlexPersistentVolumeSource flocker:V1FlockerVolumeSource gcePersistentDisk:V1GCEPersistentDiskVolumeSource glusterfs:V1GlusterfsPersistentVolumeSource hostPath:V1HostPathVolumeSource iscsi:V1ISCSIPersistentVolumeSource local:V1LocalVolumeSource mountOptions:[s nfs:V1NFSVolumeSource nodeAffinity:V1VolumeNodeAffinity persistentVolumeReclaimPolicy:s photonPersistentDisk:V1PhotonPersistentDiskVolumeSource portworxVolume:V1PortworxVolumeSource quobyte:V1QuobyteVolumeSource rbd:V1RBDPersistentVolumeSource scaleIO:V1ScaleIOPersistentVolumeSource storageClassName:s storageos:V1StorageOSPersistentVolumeSource volumeAttributesClassName:s volumeMode:s vsphereVolume:V1VsphereVirtualDiskVolumeSource
V1AzureFilePersistentVolumeSource readOnly:b secretName:s secretNamespace:s shareName:s
V1CephFSPersistentVolumeSource monitors:[s path:s readOnly:b secretFile:s secretRef:V1SecretReference user:s
V1SecretReference name:s namespace:s
V1CinderPersistentVolumeSource fsType:s readOnly:b secretRef:V1SecretReference volumeID:s
V1CSIPersistentVolumeSource controllerExpandSecretRef:V1SecretReference controllerPublishSecretRef:V1SecretReference driver:s fsType:s nodeExpandSecretRef:V1SecretReference nodePublishSecretRef:V1SecretReference nodeStageSecretRef:V1SecretReference readOnly:b volumeAttributes:{s volumeHandle:s
V1FlexPersistentVolumeSource driver:s fsType:s options:{s readOnly:b secretRef:V1SecretReference
V1GlusterfsPersistentVolumeSource endpoints:s endpointsNamespace:s path:s readOnly:b
V1ISCSIPersistentVolumeSource chapAuthDiscovery:b chapAuthSession:b fsType:s initiatorName:s iqn:s iscsiInterface:s lun:n portals:[s readOnly:b secretRef:V1SecretReference targetPortal:s
V1LocalVolumeSource fsType:s path:s
V1VolumeNodeAffinity required:V1NodeSelector
V1RBDPersistentVolumeSource fsType:s image:s keyring:s monitors:[s pool:s readOnly:b secretRef:V1SecretReference user:s
V1ScaleIOPersistentVolumeSource fsType:s gateway:s protectionDomain:s readOnly:b secretRef:V1SecretReference sslEnabled:b storageMode:s storagePool:s system:s volumeName:s
V1StorageOSPersistentVolumeSource fsType:s readOnly:b secretRef:V1ObjectReference volumeName:s volumeNamespace:s
V1PersistentVolumeStatus lastPhaseTransitionTime:s message:s phase:s reason:s
V1PersistentVolumeClaim apiVersion:s kind:s metadata:V1ObjectMeta spec:V1PersistentVolumeClaimSpec status:V1PersistentVolumeClaimStatus
V1PersistentVolumeClaimStatus accessModes:[s allocatedResourceStatuses:{s allocatedResources:{s capacity:* conditions:[V1PersistentVolumeClaimCondition currentVolumeAttributesClassName:s modifyVolumeStatus:V1ModifyVolumeStatus phase:s
V1PersistentVolumeClaimCondition lastProbeTime:s lastTransitionTime:s message:s reason:s status:s type:s
V1ModifyVolumeStatus status:s targetVolumeAttributesClassName:s
V1ResourceQuota apiVersion:s kind:s metadata:V1ObjectMeta spec:V1ResourceQuotaSpec status:V1ResourceQuotaStatus
V1ResourceQuotaSpec hard:* scopeSelector:V1ScopeSelector scopes:[s
V1ScopeSelector matchExpressions:[V1ScopedResourceSelectorRequirement
V1ScopedResourceSelectorRequirement operator:s scopeName:s values:[s
V1ResourceQuotaStatus hard:* used:*
V1LimitRange apiVersion:s kind:s metadata:V1ObjectMeta spec:V1LimitRangeSpec
V1LimitRangeSpec limits:*
V1Deployment apiVersion:s kind:s metadata:V1ObjectMeta spec:V1DeploymentSpec status:V1DeploymentStatus
V1DeploymentSpec minReadySeconds:n paused:b progressDeadlineSeconds:n replicas:n revisionHistoryLimit:n selector:V1LabelSelector strategy:V1DeploymentStrategy template:V1PodTemplateSpec
V1DeploymentStrategy rollingUpdate:V1RollingUpdateDeployment type:s
V1RollingUpdateDeployment maxSurge:* maxUnavailable:*
V1PodTemplateSpec metadata:V1ObjectMeta spec:V1PodSpec
V1DeploymentStatus availableReplicas:n collisionCount:n conditions:[V1DeploymentCondition observedGeneration:n readyReplicas:n replicas:n terminatingReplicas:n unavailableReplicas:n updatedReplicas:n
V1DeploymentCondition lastTransitionTime:s lastUpdateTime:s message:s reason:s status:s type:s
V1StatefulSet apiVersion:s kind:s metadata:V1ObjectMeta spec:V1StatefulSetSpec status:V1StatefulSetStatus
V1StatefulSetSpec minReadySeconds:n ordinals:V1StatefulSetOrdinals persistentVolumeClaimRetentionPolicy:V1StatefulSetPersistentVolumeClaimRetentionPolicy podManagementPolicy:s replicas:n revisionHistoryLimit:n selector:V1LabelSelector serviceName:s template:V1PodTemplateSpec updateStrategy:V1StatefulSetUpdateStrategy volumeClaimTemplates:[V1PersistentVolumeClaim
V1StatefulSetOrdinals start:n
V1StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted:s whenScaled:s
V1StatefulSetUpdateStrategy rollingUpdate:V1RollingUpdateStatefulSetStrategy type:s
V1RollingUpdateStatefulSetStrategy maxUnavailable:* partition:n
V1StatefulSetStatus availableReplicas:n collisionCount:n conditions:[V1StatefulSetCondition currentReplicas:n currentRevision:s observedGeneration:n readyReplicas:n replicas:n updateRevision:s updatedReplicas:n
V1StatefulSetCondition lastTransitionTime:s message:s reason:s status:s type:s
V1DaemonSet apiVersion:s kind:s metadata:V1ObjectMeta spec:V1DaemonSetSpec status:V1DaemonSetStatus
V1DaemonSetSpec minReadySeconds:n revisionHistoryLimit:n selector:V1LabelSelector template:V1PodTemplateSpec updateStrategy:V1DaemonSetUpdateStrategy
V1DaemonSetUpdateStrategy rollingUpdate:V1RollingUpdateDaemonSet type:s
V1RollingUpdateDaemonSet maxSurge:* maxUnavailable:*
V1DaemonSetStatus collisionCount:n conditions:[V1DaemonSetCondition currentNumberScheduled:n desiredNumberScheduled:n numberAvailable:n numberMisscheduled:n numberReady:n numberUnavailable:n observedGeneration:n updatedNumberScheduled:n
V1DaemonSetCondition lastTransitionTime:s message:s reason:s status:s type:s
V1ReplicaSet apiVersion:s kind:s metadata:V1ObjectMeta spec:V1ReplicaSetSpec status:V1ReplicaSetStatus
V1ReplicaSetSpec minReadySeconds:n replicas:n selector:V1LabelSelector template:V1PodTemplateSpec
V1ReplicaSetStatus availableReplicas:n conditions:[V1ReplicaSetCondition fullyLabeledReplicas:n observedGeneration:n readyReplicas:n replicas:n terminatingReplicas:n
V1ReplicaSetCondition lastTransitionTime:s message:s reason:s status:s type:s
V1Job apiVersion:s kind:s metadata:V1ObjectMeta spec:V1JobSpec status:V1JobStatus
V1JobSpec activeDeadlineSeconds:n backoffLimit:n backoffLimitPerIndex:n completionMode:s completions:n managedBy:s manualSelector:b maxFailedIndexes:n parallelism:n podFailurePolicy:V1PodFailurePolicy podReplacementPolicy:s selector:V1LabelSelector successPolicy:V1SuccessPolicy suspend:b template:V1PodTemplateSpec ttlSecondsAfterFinished:n
V1PodFailurePolicy rules:[V1PodFailurePolicyRule
V1PodFailurePolicyRule action:s onExitCodes:V1PodFailurePolicyOnExitCodesRequirement onPodConditions:[V1PodFailurePolicyOnPodConditionsPattern
V1PodFailurePolicyOnExitCodesRequirement containerName:s operator:s values:[n
V1PodFailurePolicyOnPodConditionsPattern status:s type:s
V1SuccessPolicy rules:[V1SuccessPolicyRule
V1SuccessPolicyRule succeededCount:n succeededIndexes:s
V1JobStatus active:n completedIndexes:s completionTime:s conditions:[V1JobCondition failed:n failedIndexes:s ready:n startTime:s succeeded:n terminating:n uncountedTerminatedPods:V1UncountedTerminatedPods
V1JobCondition lastProbeTime:s lastTransitionTime:s message:s reason:s status:s type:s
V1UncountedTerminatedPods failed:[s succeeded:[s
V1CronJob apiVersion:s kind:s metadata:V1ObjectMeta spec:V1CronJobSpec status:V1CronJobStatus
V1CronJobSpec concurrencyPolicy:s failedJobsHistoryLimit:n jobTemplate:V1JobTemplateSpec schedule:s startingDeadlineSeconds:n successfulJobsHistoryLimit:n suspend:b timeZone:s
V1JobTemplateSpec metadata:V1ObjectMeta spec:V1JobSpec
V1CronJobStatus active:[V1ObjectReference lastScheduleTime:s lastSuccessfulTime:s
V1Lease apiVersion:s kind:s metadata:V1ObjectMeta spec:V1LeaseSpec
V1LeaseSpec acquireTime:* holderIdentity:s leaseDurationSeconds:n leaseTransitions:n preferredHolder:s renewTime:* strategy:s
V1EndpointSlice addressType:s apiVersion:s endpoints:[V1Endpoint kind:s metadata:V1ObjectMeta ports:[DiscoveryV1EndpointPort
V1Endpoint addresses:[s conditions:V1EndpointConditions deprecatedTopology:{s hints:V1EndpointHints hostname:s nodeName:s targetRef:V1ObjectReference zone:s
V1EndpointConditions ready:b serving:b terminating:b
V1EndpointHints forNodes:[V1ForNode forZones:[V1ForZone
V1ForNode name:s
V1ForZone name:s
DiscoveryV1EndpointPort appProtocol:s name:s port:n protocol:s
V1Ingress apiVersion:s kind:s metadata:V1ObjectMeta spec:V1IngressSpec status:V1IngressStatus
V1IngressSpec defaultBackend:V1IngressBackend ingressClassName:s rules:[V1IngressRule tls:[V1IngressTLS
V1IngressBackend resource:V1TypedLocalObjectReference service:V1IngressServiceBackend
V1IngressServiceBackend name:s port:V1ServiceBackendPort
V1ServiceBackendPort name:s number:n
V1IngressRule host:s http:V1HTTPIngressRuleValue
V1HTTPIngressRuleValue paths:[V1HTTPIngressPath
V1HTTPIngressPath backend:V1IngressBackend path:s pathType:s
V1IngressTLS hosts:[s secretName:s
V1IngressStatus loadBalancer:V1IngressLoadBalancerStatus
V1IngressLoadBalancerStatus ingress:[V1IngressLoadBalancerIngress
V1IngressLoadBalancerIngress hostname:s ip:s ports:[V1IngressPortStatus
V1IngressPortStatus error:s port:n protocol:s
V1NetworkPolicy apiVersion:s kind:s metadata:V1ObjectMeta spec:V1NetworkPolicySpec
V1NetworkPolicySpec egress:[V1NetworkPolicyEgressRule ingress:[V1NetworkPolicyIngressRule podSelector:V1LabelSelector policyTypes:[s
V1NetworkPolicyEgressRule ports:[V1NetworkPolicyPort to:[V1NetworkPolicyPeer
V1NetworkPolicyPort endPort:n port:* protocol:s
V1NetworkPolicyPeer ipBlock:V1IPBlock namespaceSelector:V1LabelSelector podSelector:V1LabelSelector
V1IPBlock cidr:s except:[s
V1NetworkPolicyIngressRule from:[V1NetworkPolicyPeer ports:[V1NetworkPolicyPort
V1PodDisruptionBudget apiVersion:s kind:s metadata:V1ObjectMeta spec:V1PodDisruptionBudgetSpec status:V1PodDisruptionBudgetStatus
V1PodDisruptionBudgetSpec maxUnavailable:* minAvailable:* selector:V1LabelSelector unhealthyPodEvictionPolicy:s
V1PodDisruptionBudgetStatus conditions:[V1Condition currentHealthy:n desiredHealthy:n disruptedPods:{s disruptionsAllowed:n expectedPods:n observedGeneration:n
V1Role apiVersion:s kind:s metadata:V1ObjectMeta rules:[V1PolicyRule
V1PolicyRule apiGroups:[s nonResourceURLs:[s resourceNames:[s resources:[s verbs:[s
V1RoleBinding apiVersion:s kind:s metadata:V1ObjectMeta roleRef:V1RoleRef subjects:[RbacV1Subject
V1RoleRef apiGroup:s kind:s name:s
RbacV1Subject apiGroup:s kind:s name:s namespace:s
V1ClusterRole aggregationRule:V1AggregationRule apiVersion:s kind:s metadata:V1ObjectMeta rules:[V1PolicyRule
V1AggregationRule clusterRoleSelectors:[V1LabelSelector
V1ClusterRoleBinding apiVersion:s kind:s metadata:V1ObjectMeta roleRef:V1RoleRef subjects:[RbacV1Subject
`;
