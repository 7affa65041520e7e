type Json = unknown;
type Fields = Readonly<Record<string, Json>>;

/**
 * By which field the items of a list are told apart, by the name of the list; other lists are replaced as a whole
 * (Kubernetes API reference, `x-kubernetes-patch-merge-key`).
 */
const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  imagePullSecrets: ['name'],
  secrets: ['name'],
  hostAliases: ['ip'],
  ownerReferences: ['uid'],
  conditions: ['type'],
  topologySpreadConstraints: ['topologyKey'],
  // Of a container; those of a Service have no container's port.
  ports: ['containerPort', 'port'],
};

/** Lists of plain values that grow instead of being replaced. */
const mergedValues: ReadonlySet<string> = new Set(['finalizers']);

/**
 * Applies a strategic merge patch (Kubernetes documentation, "Update API Objects in Place Using kubectl patch"), with the
 * directives that kubectl writes: `$patch`, `$retainKeys`, `$deleteFromPrimitiveList` and `$setElementOrder`, of which
 * the last only says an order and changes nothing here.
 */
export function strategicMerge(target: Json, patch: Json, name = ''): Json {
  if (Array.isArray(patch)) return mergeList(Array.isArray(target) ? target : [], patch, name);
  if (!isFields(patch)) return patch;
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  const kept = patch['$retainKeys'];
  const base = isFields(target) ? target : {};
  const merged: Record<string, Json> = Array.isArray(kept)
    ? Object.fromEntries(Object.entries(base).filter(([key]) => kept.includes(key)))
    : { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const [directive, list] = key.split('/');
    if (directive === '$deleteFromPrimitiveList' && list !== undefined && Array.isArray(value)) {
      merged[list] = ((merged[list] ?? []) as Json[]).filter((one) => !value.includes(one));
    } else if (key.startsWith('$')) continue;
    else if (value === null) delete merged[key];
    else merged[key] = strategicMerge(merged[key], value, key);
  }
  return merged;
}

function mergeList(target: readonly Json[], patch: readonly Json[], name: string): Json[] {
  if (mergedValues.has(name)) return [...new Set([...target, ...patch])];
  const key = mergeKeys[name]?.find((one) =>
    patch.every((item) => isFields(item) && (one in item || '$patch' in item)),
  );
  if (key === undefined) return [...patch];
  if (patch.some((item) => (item as Fields)['$patch'] === 'replace')) {
    return patch.filter((item) => !('$patch' in (item as Fields)));
  }
  const merged = [...target];
  for (const item of patch as readonly Fields[]) {
    const at = merged.findIndex((one) => (one as Fields)[key] === item[key]);
    if (item['$patch'] === 'delete') {
      if (at >= 0) merged.splice(at, 1);
    } else if (at >= 0) merged[at] = strategicMerge(merged[at], item);
    else merged.push(withoutDirectives(item));
  }
  return merged;
}

function withoutDirectives(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !key.startsWith('$')));
}

function isFields(value: Json): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
