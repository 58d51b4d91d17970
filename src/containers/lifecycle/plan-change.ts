import { type HullChanges, type PortBinding, type PortMap, unhealthyAnnotation } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { ContainerRecord } from "../record/record.ts";

type Described = Pick<ContainerRecord, "config" | "hostConfig">;

/**
 * A container's description with changes made to it; what they do not name stays. Errors: `not_found` for what is to
 * go and is not there, `invalid_argument` for a variable or label that is none.
 */
export function planChange({ config, hostConfig }: Described, changes: HullChanges): Described {
	const { PublishAdd: added = {}, HealthOnFailure: action } = changes;
	const bindings = withPorts(hostConfig.PortBindings ?? {}, changes);
	const exposed = Object.fromEntries(Object.keys(added).map((key) => [key, {}]));
	const check = changes.Healthcheck;
	return {
		config: {
			...config,
			Env: withVariables(config.Env ?? [], changes),
			Labels: withLabels(config.Labels ?? {}, changes),
			...(Object.keys(added).length === 0 ? {} : { ExposedPorts: { ...config.ExposedPorts, ...exposed } }),
			...(check === undefined ? {} : { Healthcheck: { ...config.Healthcheck, ...check } }),
		},
		hostConfig: {
			...hostConfig,
			PortBindings: bindings,
			...(action === undefined
				? {}
				: { Annotations: { ...hostConfig.Annotations, [unhealthyAnnotation]: action } }),
		},
	};
}

function withPorts(
	before: PortMap,
	{ PublishAdd: added = {}, PublishRemove: removed = {} }: HullChanges,
): PortMap {
	const ports = new Map(Object.entries(before));
	for (const [key, patterns] of Object.entries(removed)) {
		for (const pattern of patterns) {
			const there = ports.get(key) ?? [];
			const left = there.filter((binding) => !matches(binding, pattern));
			if (left.length === there.length) throw notThere(`published port ${nameOf(key, pattern)}`);
			if (left.length === 0) ports.delete(key);
			else ports.set(key, left);
		}
	}
	for (const [key, bindings] of Object.entries(added))
		ports.set(key, [...(ports.get(key) ?? []), ...bindings]);
	return Object.fromEntries(ports);
}

function matches(binding: PortBinding, { HostIp: address = "", HostPort: port = "" }: PortBinding): boolean {
	return (address === "" || binding.HostIp === address) && (port === "" || (binding.HostPort ?? "") === port);
}

function nameOf(key: string, { HostIp: address = "", HostPort: port = "" }: PortBinding): string {
	return [address, port, key].filter((part) => part !== "").join(":");
}

function withVariables(
	before: readonly string[],
	{ EnvAdd: added = [], EnvRemove: removed = [] }: HullChanges,
): string[] {
	for (const entry of added) {
		if (entry.indexOf("=") > 0 && !entry.includes("\0")) continue;
		throw new EngineError("invalid_argument", `invalid environment variable: ${JSON.stringify(entry)}`);
	}
	const names = before.map(variableOf);
	const missing = removed.find((name) => !names.includes(name));
	if (missing !== undefined) throw notThere(`environment variable ${missing}`);
	const gone = new Set([...removed, ...added.map(variableOf)]);
	return [...before.filter((entry) => !gone.has(variableOf(entry))), ...added];
}

function variableOf(entry: string): string {
	return entry.split("=", 1)[0]!;
}

function withLabels(
	before: Readonly<Record<string, string>>,
	{ LabelsAdd: added = {}, LabelsRemove: removed = [] }: HullChanges,
): Record<string, string> {
	if ("" in added) throw new EngineError("invalid_argument", "a label needs a name");
	const missing = removed.find((name) => !Object.hasOwn(before, name));
	if (missing !== undefined) throw notThere(`label ${missing}`);
	const left = Object.entries(before).filter(([name]) => !removed.includes(name));
	return { ...Object.fromEntries(left), ...added };
}

function notThere(what: string): EngineError {
	return new EngineError("not_found", `the container has no ${what}`);
}
